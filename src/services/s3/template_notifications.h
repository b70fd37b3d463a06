// The NotificationConfiguration of a bucket in a template, whose members are not those of S3's API. Pure.
// https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-properties-s3-bucket-notificationconfiguration.html
#pragma once

#include "base/json.h"
#include "contracts/s3.h"

namespace cumulet::s3 {

/// What the properties of a bucket say of notifications: none if they say nothing. Throws aws::validation_error.
aws::s3::NotificationConfiguration template_notifications(const json::object& properties);

}  // namespace cumulet::s3
