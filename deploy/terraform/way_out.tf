# Asks the function before anything is destroyed, since everything else stands below or is needed by what does. The function ends a
# rotation that is under way and retires older keys; where it can't, `terraform destroy` ends with the sentence that says why. To leave
# things as they are: `terraform state rm` of this, with the module's name before it, and destroy again.
resource "aws_lambda_invocation" "way_out" {
  function_name   = aws_lambda_function.function["reconcile"].function_name
  lifecycle_scope = "CRUD"
  input           = jsonencode({})

  depends_on = [
    aws_iam_role_policy.functions,
    aws_iam_role_policy_attachment.host,
    aws_secretsmanager_secret_version.settings,
    aws_secretsmanager_secret_version.sql_password,
    aws_iam_role_policy.automation,
    aws_ssm_document.command,
    aws_ssm_document.automation,
    aws_scheduler_schedule.reconcile,
    aws_cloudwatch_event_target.instances,
    aws_lambda_permission.instances,
    aws_secretsmanager_secret_rotation.native,
    aws_sns_topic_policy.alarms,
    aws_sns_topic_subscription.alarms,
    aws_cloudwatch_metric_alarm.run,
    aws_cloudwatch_metric_alarm.key_age,
  ]
}
