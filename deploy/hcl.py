"""Says in Terraform's language what the CloudFormation template says: inputs, conditions, policies, configuration."""

import re

import template

HEADER = "# Made by deploy/make.py from deploy/cloudformation/keyturn.yaml; change that, and run it again.\n"

PSEUDO = {"AWS::Partition": "local.partition", "AWS::Region": "local.region", "AWS::AccountId": "local.account",
          "AWS::URLSuffix": "local.url_suffix"}
# What a resource of the template is called in the module, by what is asked of it.
RESOURCES = {
    "SecretsKey.Arn": "aws_kms_key.secrets[0].arn",
    "CredentialSecretResource": "aws_secretsmanager_secret.credential[0].arn",
    "BucketUrlSecretResource": 'aws_secretsmanager_secret.settings["bucket_url"].arn',
    "SqlUserSecretResource": 'aws_secretsmanager_secret.settings["sql_user"].arn',
    "SqlPasswordSecretResource": 'aws_secretsmanager_secret.settings["sql_password"].arn',
    "RotateFunction.Arn": 'aws_lambda_function.function["rotate"].arn',
    "UpdateFunction.Arn": 'aws_lambda_function.function["update"].arn',
    "ReconcileFunction.Arn": 'aws_lambda_function.function["reconcile"].arn',
    "AlarmTopic": "aws_sns_topic.alarms[0].arn"}


def snake(name):
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()


def quoted(text):
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n") + '"'


def aligned(text):
    """As `terraform fmt` has it: the equals signs of one-line members that follow each other stand in one column."""
    member = re.compile(r'^( *)("[^"]+"|\w+) += (.*[^{\[(])$')
    lines, group = [], []

    def close_group():
        width = max((len(name) for _, name, _ in group), default=0)
        lines.extend(f"{indent}{name.ljust(width)} = {value}" for indent, name, value in group)
        group.clear()

    for line in text.split("\n"):
        match = member.match(line)
        if not match or (group and group[0][0] != match[1]):
            close_group()
        if match:
            group.append(match.groups())
        else:
            lines.append(line)
    close_group()
    return "\n".join(lines)


class Translator:
    """Values of one template as expressions."""

    def __init__(self, parsed):
        self._parameters = parsed["Parameters"]
        self._conditions = parsed["Conditions"]

    def is_bool(self, parameter):
        return self._parameters[parameter].get("AllowedValues") == ["true", "false"]

    def reference(self, name):
        if name in PSEUDO:
            return PSEUDO[name]
        return f"var.{snake(name)}" if name in self._parameters else RESOURCES[name]

    def text(self, text, names=None):
        """Fn::Sub: the same, with references in place of its names."""
        names = names or {}
        def reference(match):
            return "${" + (self.value(names[match[1]]) if match[1] in names else self.reference(match[1])) + "}"
        return re.sub(r"\$\{([A-Za-z:]+)\}", reference, text)

    def condition(self, value):
        (function, argument), = value.items()
        if function == "Condition":
            return f"local.{snake(argument)}"
        if function == "Fn::Not":
            return f"!({self.condition(argument[0])})"
        if function in ("Fn::Or", "Fn::And"):
            return (" || " if function == "Fn::Or" else " && ").join(f"({self.condition(each)})" for each in argument)
        left, right = argument
        if "Fn::Join" in left:
            joined = self.reference(left["Fn::Join"][1]["Ref"])
            return f'join("", {joined}) == {self.value(right)}'
        if self.is_bool(left["Ref"]):
            return self.reference(left["Ref"]) if right == "true" else f"!{self.reference(left['Ref'])}"
        return f"{self.reference(left['Ref'])} == {self.value(right)}"

    def value(self, value, indent=0):
        if isinstance(value, dict):
            return self._mapping(value, indent)
        if isinstance(value, list):
            inner = ",\n".join(" " * (indent + 2) + self.value(each, indent + 2) for each in value)
            return f"[\n{inner}\n{' ' * indent}]"
        if isinstance(value, bool):
            return "true" if value else "false"
        return str(value) if isinstance(value, int) else quoted(value)

    def _mapping(self, value, indent):
        if "Ref" in value:
            return self.reference(value["Ref"])
        if "Fn::GetAtt" in value:
            return RESOURCES[".".join(value["Fn::GetAtt"])]
        if "Fn::Sub" in value:
            return quoted(self.text(value["Fn::Sub"]))
        if "Fn::If" in value:
            return self._choice(*value["Fn::If"], indent)
        inner = "".join(f"{' ' * (indent + 2)}{quoted(name)} = {self.value(each, indent + 2)}\n" for name, each in value.items())
        return f"{{\n{inner}{' ' * indent}}}"

    def _choice(self, condition, yes, no, indent):
        """Both sides of a conditional must be of one type, which texts are and statements are not."""
        parts = [self.value(each, indent) for each in (yes, no)]
        if any("Sid" in each for each in (yes, no) if isinstance(each, dict)):
            yes = parts[0].removesuffix("}") + "  }"  # where `terraform fmt` has it
            return f"jsondecode(local.{snake(condition)} ? jsonencode({yes}) : jsonencode({parts[1]}))"
        return f"(local.{snake(condition)} ? {parts[0]} : {parts[1]})"


def _type(parameter):
    if parameter.get("AllowedValues") == ["true", "false"]:
        return "bool"
    return {"String": "string", "Number": "number", "CommaDelimitedList": "list(string)"}[parameter["Type"]]


def _default(parameter):
    value = parameter["Default"]
    kind = _type(parameter)
    if kind == "list(string)":
        return "[]"
    return str(value) if kind in ("bool", "number") else quoted(value)


def _checks(name, parameter):
    """(condition, what it must be) of each restriction."""
    values = parameter.get("AllowedValues")
    if values and _type(parameter) != "bool":
        listed = ", ".join(str(each) if isinstance(each, int) else quoted(each) for each in values)
        yield f"contains([{listed}], var.{name})", f"one of {', '.join(map(str, values))}"
    if "AllowedPattern" in parameter:
        yield f"can(regex({quoted(parameter['AllowedPattern'])}, var.{name}))", parameter["ConstraintDescription"]
    if "MinValue" in parameter:
        least, most = parameter["MinValue"], parameter["MaxValue"]
        yield f"var.{name} >= {least} && var.{name} <= {most}", f"from {least} to {most}"


def variables(parsed):
    blocks = [HEADER]
    for given, parameter in parsed["Parameters"].items():
        name = snake(given)
        lines = [f'variable "{name}" {{', f"  type        = {_type(parameter)}",
                 f"  description = {quoted(parameter['Description'])}"]
        if "Default" in parameter:
            lines.append(f"  default     = {_default(parameter)}")
        for condition, what in _checks(name, parameter):
            lines += ["  validation {", f"    condition     = {condition}",
                      f"    error_message = {quoted(f'{name} must be: {what}.')}", "  }"]
        blocks.append("\n".join([*lines, "}", ""]))
    return aligned("\n".join(blocks))


def _policy(name, document, translator, why):
    text = f"  {snake(name)} = jsonencode({translator.value(document, 2)})\n"
    def with_reason(match):
        return f"{match[1]}# {why[match[3]]}\n{match[1]}{match[2]}" if match[3] in why else match[0]
    # A comment stands on a line of its own, before the object whose first member the Sid is.
    return re.sub(r'^( *)((?:jsondecode\(.*)?\{\n *"Sid" = "(\w+)"\n)', with_reason, text, flags=re.M)


def _configuration(parsed, translator):
    sub, names = parsed["Resources"]["ReconcileFunction"]["Properties"]["Environment"]["Variables"]["KEYTURN_CONFIG_TEXT"]["Fn::Sub"]
    lines = "".join(f"    {line}\n" for line in translator.text(sub, names).splitlines())
    return f"  # The functions' configuration.\n  config_text = <<-EOT\n{lines}  EOT\n"


def shared(parsed, why):
    translator = Translator(parsed)
    conditions = "".join(f"  {snake(name)} = {translator.condition(value)}\n" for name, value in parsed["Conditions"].items())
    documents = "\n".join(_policy(name, document, translator, why) for name, document in template.policies(parsed).items())
    before = aligned(f"{HEADER}\n# Which of the optional parts there are.\nlocals {{\n{conditions}}}\n\n"
                     f"# Policies by the template's names, each statement with its reason.\nlocals {{\n{documents}}}\n\n")
    return before + f"locals {{\n{_configuration(parsed, translator)}}}\n"
