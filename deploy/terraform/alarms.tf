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

resource "aws_cloudwatch_metric_alarm" "failed" {
  alarm_name          = "${var.name}-failed"
  alarm_description   = "A run failed. The function's log has the sentence that says why; docs/operations.md, exit status 1."
  namespace           = "keyturn"
  metric_name         = "Failed"
  dimensions          = { Rotation = var.rotation }
  statistic           = "Sum"
  period              = 300
  evaluation_periods  = 1
  threshold           = 0
  comparison_operator = "GreaterThanThreshold"
  treat_missing_data  = "notBreaching"
  alarm_actions       = [local.topic]
  tags                = local.tags
}

resource "aws_cloudwatch_metric_alarm" "blocked" {
  alarm_name          = "${var.name}-blocked"
  alarm_description   = "A person must decide. The function's log says what, and what to type; docs/operations.md, exit status 4."
  namespace           = "keyturn"
  metric_name         = "Blocked"
  dimensions          = { Rotation = var.rotation }
  statistic           = "Sum"
  period              = 300
  evaluation_periods  = 1
  threshold           = 0
  comparison_operator = "GreaterThanThreshold"
  treat_missing_data  = "notBreaching"
  alarm_actions       = [local.topic]
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

resource "aws_cloudwatch_metric_alarm" "laggards" {
  alarm_name          = "${var.name}-laggards"
  alarm_description   = "Servers do not hold the key that they should, for days. keyturn status names them; docs/operations.md, laggards."
  namespace           = "keyturn"
  metric_name         = "Laggards"
  dimensions          = { Rotation = var.rotation }
  statistic           = "Minimum" # the fewest of a day: one good run ends it
  period              = 86400
  evaluation_periods  = var.laggard_days
  threshold           = 0
  comparison_operator = "GreaterThanThreshold"
  treat_missing_data  = "ignore"
  alarm_actions       = [local.topic]
  ok_actions          = [local.topic]
  tags                = local.tags
}

resource "aws_cloudwatch_metric_alarm" "no_run" {
  count               = local.watches_runs ? 1 : 0
  alarm_name          = "${var.name}-no-run"
  alarm_description   = "Nothing ran. Look at the schedule, and at the function's log for a start that failed or a time-out."
  namespace           = "keyturn"
  metric_name         = "RunSeconds"
  dimensions          = { Rotation = var.rotation }
  statistic           = "SampleCount"
  period              = 86400
  evaluation_periods  = var.no_run_days
  threshold           = 1
  comparison_operator = "LessThanThreshold"
  treat_missing_data  = "breaching"
  alarm_actions       = [local.topic]
  ok_actions          = [local.topic]
  tags                = local.tags
}
