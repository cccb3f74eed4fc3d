package pieces

import (
	"context"
	"database/sql"

	"github.com/heroiclabs/nakama-common/api"
	"github.com/heroiclabs/nakama-common/runtime"
)

func registerPurchases(initializer runtime.Initializer) error {
	if err := initializer.RegisterPurchaseNotificationApple(applePurchase); err != nil {
		return err
	}
	if err := initializer.RegisterPurchaseNotificationGoogle(func(ctx context.Context, logger runtime.Logger, db *sql.DB, nk runtime.NakamaModule, purchase *api.ValidatedPurchase, providerPayload string) error {
		logger.Info("bought %s: %s", purchase.ProductId, providerPayload)
		return nil
	}); err != nil {
		return err
	}
	if err := initializer.RegisterSubscriptionNotificationApple(subscribed); err != nil {
		return err
	}
	return initializer.RegisterSubscriptionNotificationGoogle(subscribed)
}

// applePurchase is told of a purchase; it does not look at the payload.
func applePurchase(ctx context.Context, logger runtime.Logger, db *sql.DB, nk runtime.NakamaModule, purchase *api.ValidatedPurchase, _ string) error {
	return nil
}

func subscribed(ctx context.Context, logger runtime.Logger, db *sql.DB, nk runtime.NakamaModule, subscription *api.ValidatedSubscription, payload string) error {
	logger.Info("subscribed: %s", payload)
	return nil
}

func configured(initializer runtime.Initializer) (string, int, error) {
	config, err := initializer.GetConfig()
	if err != nil {
		return "", 0, err
	}
	google := config.GetIAP().GetGoogle()
	name := google.GetPackageName()
	return name, config.GetIAP().GetGoogle().GetRefundCheckPeriodMin(), nil
}
