(function () {
  function InitModule(ctx, logger, nk, initializer) {
    logger.info("shop is ready");
  }
})();
