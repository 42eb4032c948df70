output "rotate_function_arn" {
  description = "Makes a new key."
  value       = aws_lambda_function.function["rotate"].arn
}

output "update_function_arn" {
  description = "Brings it to every server and into force."
  value       = aws_lambda_function.function["update"].arn
}

output "reconcile_function_arn" {
  description = "Does whatever is due."
  value       = aws_lambda_function.function["reconcile"].arn
}

output "functions_role_arn" {
  description = "What the functions act with."
  value       = aws_iam_role.functions.arn
}

output "host_policy_arn" {
  description = "For the roles of the instance profiles."
  value       = aws_iam_policy.host["${var.name}-host"].arn
}

output "command_document_name" {
  description = "The Command document that hosts run."
  value       = aws_ssm_document.command.name
}

output "automation_document_name" {
  description = "The Automation that turns the key and says loudly when something is wrong."
  value       = aws_ssm_document.automation.name
}

output "alarm_topic_arn" {
  description = "Where the alarms go."
  value       = local.topic
}
