package pieces

import "github.com/heroiclabs/nakama-common/runtime"

func renewed(kind runtime.GoogleSubscritpionNotificationType) bool {
	return kind == runtime.GoogleSubscriptionRenewed
}

func acknowledged(subscription *runtime.SubscriptionV2GoogleResponse) bool {
	return subscription.AcknowledgementState == 1
}

func app(data *runtime.AppleNotificationData) string {
	return "app " + data.AppAppleId
}
