resource "aws_iam_role" "functions" {
  name               = "${var.name}-functions"
  description        = "What keyturn's functions act with."
  assume_role_policy = local.functions_role
  tags               = local.tags
}

locals {
  functions_policies = merge(
    { "${var.name}-functions" = local.functions_policy },
    local.rotates_login ? { "${var.name}-functions-login" = local.functions_login_policy } : {},
    local.has_kms_key ? { "${var.name}-functions-kms" = local.functions_kms_policy } : {},
  local.in_vpc ? { "${var.name}-functions-vpc" = local.functions_vpc_policy } : {})

  host_policies = merge(
    { "${var.name}-host" = {
      description = "What keyturn needs on a host, besides what the SSM agent needs."
      policy      = local.host_policy
    } },
    local.has_kms_key ? { "${var.name}-host-kms" = {
      description = "Opens the secrets that keyturn needs on a host."
      policy      = local.host_kms_policy
    } } : {},
    local.has_package ? { "${var.name}-host-package" = {
      description = "Lets a Linux host fetch keyturn."
      policy      = local.host_package_policy
    } } : {},
    local.has_windows_package ? { "${var.name}-host-windows-package" = {
      description = "Lets a Windows host fetch keyturn.exe."
      policy      = local.host_windows_package_policy
  } } : {})
}

resource "aws_iam_role_policy" "functions" {
  for_each = local.functions_policies
  name     = each.key
  role     = aws_iam_role.functions.name
  policy   = each.value
}

resource "aws_iam_policy" "host" {
  for_each    = local.host_policies
  name        = each.key
  description = each.value.description
  policy      = each.value.policy
  tags        = local.tags

  lifecycle {
    precondition {
      condition     = var.windows_package_key == "" || var.windows_package_sha256 != ""
      error_message = "windows_package_sha256 is missing; nothing is run unchecked."
    }
  }
}

resource "aws_iam_role_policy_attachment" "host" {
  for_each   = { for pair in setproduct(keys(local.host_policies), var.host_roles) : join(" ", pair) => pair }
  policy_arn = aws_iam_policy.host[each.value[0]].arn
  role       = each.value[1]
}
