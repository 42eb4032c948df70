resource "aws_iam_role" "functions" {
  name               = "${var.name}-functions"
  description        = "What keyturn's functions act with."
  assume_role_policy = local.functions_role
  tags               = local.tags
}

resource "aws_iam_role_policy" "functions" {
  name   = "${var.name}-functions"
  role   = aws_iam_role.functions.name
  policy = local.functions_policy
}

resource "aws_iam_role_policy" "functions_kms" {
  count  = local.has_kms_key ? 1 : 0
  name   = "${var.name}-functions-kms"
  role   = aws_iam_role.functions.name
  policy = local.functions_kms_policy
}

resource "aws_iam_role_policy" "functions_vpc" {
  count  = local.in_vpc ? 1 : 0
  name   = "${var.name}-functions-vpc"
  role   = aws_iam_role.functions.name
  policy = local.functions_vpc_policy
}

resource "aws_iam_policy" "host" {
  name        = "${var.name}-host"
  description = "What keyturn needs on a host, besides what the SSM agent needs."
  policy      = local.host_policy
  tags        = local.tags
}

resource "aws_iam_policy" "host_kms" {
  count       = local.has_kms_key ? 1 : 0
  name        = "${var.name}-host-kms"
  description = "Opens the secrets that keyturn needs on a host."
  policy      = local.host_kms_policy
  tags        = local.tags
}

resource "aws_iam_policy" "host_package" {
  count       = local.has_package ? 1 : 0
  name        = "${var.name}-host-package"
  description = "Lets a Linux host fetch keyturn."
  policy      = local.host_package_policy
  tags        = local.tags
}

resource "aws_iam_policy" "host_windows_package" {
  count       = local.has_windows_package ? 1 : 0
  name        = "${var.name}-host-windows-package"
  description = "Lets a Windows host fetch keyturn.exe."
  policy      = local.host_windows_package_policy
  tags        = local.tags

  lifecycle {
    precondition {
      condition     = var.windows_package_sha256 != ""
      error_message = "windows_package_sha256 is missing; nothing is run unchecked."
    }
  }
}

resource "aws_iam_role_policy_attachment" "host" {
  for_each   = toset(var.host_roles)
  role       = each.value
  policy_arn = aws_iam_policy.host.arn
}

resource "aws_iam_role_policy_attachment" "host_kms" {
  for_each   = toset(local.has_kms_key ? var.host_roles : [])
  role       = each.value
  policy_arn = aws_iam_policy.host_kms[0].arn
}

resource "aws_iam_role_policy_attachment" "host_package" {
  for_each   = toset(local.has_package ? var.host_roles : [])
  role       = each.value
  policy_arn = aws_iam_policy.host_package[0].arn
}

resource "aws_iam_role_policy_attachment" "host_windows_package" {
  for_each   = toset(local.has_windows_package ? var.host_roles : [])
  role       = each.value
  policy_arn = aws_iam_policy.host_windows_package[0].arn
}
