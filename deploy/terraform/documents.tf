resource "aws_iam_role" "automation" {
  name               = "${var.name}-automation"
  description        = "What keyturn's Automation acts with."
  assume_role_policy = local.automation_role
  tags               = local.tags
}

resource "aws_iam_role_policy" "automation" {
  name   = "${var.name}-automation"
  role   = aws_iam_role.automation.name
  policy = local.automation_policy
}

resource "aws_ssm_document" "command" {
  name            = "${var.name}-UpdateCreds"
  document_type   = "Command"
  document_format = "JSON"
  target_type     = "/AWS::EC2::Instance"
  content         = local.command_document
  tags            = local.tags
}

resource "aws_ssm_document" "automation" {
  name            = "${var.name}-Automation"
  document_type   = "Automation"
  document_format = "JSON"
  content         = local.automation_document
  tags            = local.tags
}
