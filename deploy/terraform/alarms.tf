resource "aws_sns_topic" "alarms" {
  count        = local.makes_topic ? 1 : 0
  name         = "${var.name}-alarms"
  display_name = "keyturn"
  tags         = local.tags
}

resource "aws_sns_topic_policy" "alarms" {
  count  = local.makes_topic ? 1 : 0
  arn    = aws_sns_topic.alarms[0].arn
  policy = local.alarm_topic_policy
}

resource "aws_sns_topic_subscription" "alarms" {
  count     = local.has_email ? 1 : 0
  topic_arn = aws_sns_topic.alarms[0].arn
  protocol  = "email"
  endpoint  = var.alarm_email
}

# What differs from alarm to alarm. A run that failed, or needs a person, tells once; the others tell when things are well again, too.
locals {
  alarms = merge({
    "${var.name}-failed" = {
      description = "A run failed. The function's log has the sentence that says why; docs/operations.md, exit status 1."
      metric      = "Failed", statistic = "Sum", period = 300, periods = 1
      is_alarm    = { operator = "GreaterThanThreshold", threshold = 0, missing = "notBreaching" }
      ok_actions  = []
    }
    "${var.name}-blocked" = {
      description = "A person must decide. The function's log says what, and what to type; docs/operations.md, exit status 4."
      metric      = "Blocked", statistic = "Sum", period = 300, periods = 1
      is_alarm    = { operator = "GreaterThanThreshold", threshold = 0, missing = "notBreaching" }
      ok_actions  = []
    }
    # The fewest of a day: one good run ends it.
    "${var.name}-laggards" = {
      description = "Servers do not hold the key that they should, for days. keyturn status names them; docs/operations.md, laggards."
      metric      = "Laggards", statistic = "Minimum", period = 86400, periods = var.laggard_days
      is_alarm    = { operator = "GreaterThanThreshold", threshold = 0, missing = "ignore" }
      ok_actions  = [local.topic]
    }
    }, local.watches_runs ? {
    "${var.name}-no-run" = {
      description = "Nothing ran. Look at the schedule, and at the function's log for a start that failed or a time-out."
      metric      = "RunSeconds", statistic = "SampleCount", period = 86400, periods = var.no_run_days
      is_alarm    = { operator = "LessThanThreshold", threshold = 1, missing = "breaching" }
      ok_actions  = [local.topic]
    }
  } : {})
}

resource "aws_cloudwatch_metric_alarm" "run" {
  for_each            = local.alarms
  alarm_name          = each.key
  alarm_description   = each.value.description
  namespace           = "keyturn"
  metric_name         = each.value.metric
  dimensions          = { Rotation = var.rotation }
  statistic           = each.value.statistic
  period              = each.value.period
  evaluation_periods  = each.value.periods
  threshold           = each.value.is_alarm.threshold
  comparison_operator = each.value.is_alarm.operator
  treat_missing_data  = each.value.is_alarm.missing
  alarm_actions       = [local.topic]
  ok_actions          = each.value.ok_actions
  tags                = local.tags
}

resource "aws_cloudwatch_metric_alarm" "key_age" {
  alarm_name          = "${var.name}-key-age"
  alarm_description   = "The key in force is older than it may be. keyturn status says what holds the rotation up."
  evaluation_periods  = 1
  threshold           = var.key_age_limit_days
  comparison_operator = "GreaterThanThreshold"
  treat_missing_data  = "ignore" # a day without a run is another alarm's
  alarm_actions       = [local.topic]
  ok_actions          = [local.topic]
  tags                = local.tags

  metric_query {
    id          = "days"
    label       = "Days"
    expression  = "seconds / 86400"
    return_data = true
  }

  metric_query {
    id = "seconds"
    metric {
      namespace   = "keyturn"
      metric_name = "CurrentKeyAgeSeconds"
      dimensions  = { Rotation = var.rotation }
      stat        = "Maximum"
      period      = 86400
    }
  }
}
