// The price list was renamed; this file was not.
var prices = PRICE_LIST.gold;

function InitModule(ctx, logger, nk, initializer) {
  logger.info("shop opens, a sword is " + prices.sword);
}
