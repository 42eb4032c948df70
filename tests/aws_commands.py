"""Commands of the AWS CLI held against botocore's models of the services, which the CLI itself is made from."""

import re
import shlex

from support import package

botocore_session = package("botocore.session")
xform_name = package("botocore").xform_name

# The CLI's own, and no operation of a service; with the options that are used here.
OWN = {("cloudformation", "deploy"): {"--stack-name", "--template-file", "--s3-bucket", "--capabilities", "--parameter-overrides"},
       ("cloudformation", "wait"): {"--stack-name"}, ("s3", "rm"): set(), ("s3", "cp"): set(),
       ("logs", "tail"): {"--since", "--filter-pattern"}}
INSTEAD = {("lambda", "create-function", "--zip-file"): "--code"}
# Of every command.
EVERYWHERE = {"--region", "--query", "--output", "--cli-binary-format", "--cli-read-timeout"}
_SESSION = botocore_session.get_session()


def problems(words):
    """What the AWS CLI would not take in a command's words, ["aws", "iam", …]: sentences, or none."""
    service, command = words[1:3]
    given = {word for word in words if re.fullmatch(r"--[a-z][a-z0-9-]*", word)}
    if (service, command) in OWN:
        unknown = given - OWN[service, command] - EVERYWHERE
        return [f"{service} {command} has no {option}" for option in sorted(unknown)]
    given = {INSTEAD.get((service, command, option), option) for option in given}
    model = _SESSION.get_service_model(service)
    operations = {xform_name(name, "-"): name for name in model.operation_names}
    if command not in operations:
        return [f"{service} has no {command}"]
    shape = model.operation_model(operations[command]).input_shape
    options = {"--" + xform_name(name, "-") for name in shape.members}
    required = {"--" + xform_name(name, "-") for name in shape.required_members}
    return ([f"{service} {command} has no {option}" for option in sorted(given - options - EVERYWHERE)] +
            [f"{service} {command} needs {option}" for option in sorted(required - given)])


def in_markdown(text):
    """The words of each command of the AWS CLI in the blocks of code of a page."""
    for block in re.findall(r"```sh\n(.*?)```", text, re.S):
        block = re.sub(r"(?m)(^|\s)#.*$", "", block)
        block = re.sub(r"'[^']*'", lambda text: text[0].replace("\n", " "), re.sub(r"\\\n\s*", " ", block))
        for line in block.splitlines():
            for part in re.findall(r"(?:^|\$\(|\| )(aws .*)", line):
                yield shlex.split(part)
