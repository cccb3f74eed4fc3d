function InitModule(ctx, logger, nk, initializer) {
  var start = Date.now();
  while (Date.now() - start < 60000) {
  }
}
