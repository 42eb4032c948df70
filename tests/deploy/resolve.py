"""What CloudFormation makes of a parsed template: its values with parameters, conditions and functions worked out.

Of resources nothing is known but names: an ARN is made up from the resource's own id, "<CredentialSecretResource>".
"""

import re

REGION, ACCOUNT = "eu-central-1", "111122223333"
PSEUDO = {"AWS::Partition": "aws", "AWS::Region": REGION, "AWS::AccountId": ACCOUNT, "AWS::URLSuffix": "amazonaws.com"}
NOTHING = object()


class Resolver:
    """One template with one set of parameters."""

    def __init__(self, template, **parameters):
        self._template = template
        unknown = set(parameters) - set(template["Parameters"])
        assert not unknown, f"the template has no parameters {unknown}"
        self._parameters = {name: parameter.get("Default") for name, parameter in template["Parameters"].items()} | parameters

    def condition(self, name):
        return self._holds(self._template["Conditions"][name])

    def resources(self):
        """{logical id: resource}, those whose conditions hold."""
        return {name: self.value(resource) for name, resource in self._template["Resources"].items()
                if "Condition" not in resource or self.condition(resource["Condition"])}

    def outputs(self):
        return self.value(self._template["Outputs"])

    def value(self, value):
        if isinstance(value, list):
            return [each for each in map(self.value, value) if each is not NOTHING]
        if not isinstance(value, dict):
            return value
        if len(value) == 1:
            (name, argument), = value.items()
            if name == "Ref" or name.startswith("Fn::"):
                return self._function(name, argument)
        resolved = {name: argument if name == "Condition" and isinstance(argument, str) else self.value(argument)
                    for name, argument in value.items()}
        return {name: each for name, each in resolved.items() if each is not NOTHING}

    def _reference(self, name):
        if name == "AWS::NoValue":
            return NOTHING
        if name in PSEUDO:
            return PSEUDO[name]
        if name in self._parameters:
            value = self._parameters[name]
            if self._template["Parameters"][name]["Type"] == "CommaDelimitedList":
                return value.split(",")
            return value
        assert name in self._template["Resources"], f"nothing is called {name}"
        return f"<{name}>"

    def _function(self, name, argument):
        if name == "Ref":
            return self._reference(argument)
        if name == "Fn::GetAtt":
            return f"<{'.'.join(argument)}>"
        if name == "Fn::If":
            return self.value(argument[1] if self.condition(argument[0]) else argument[2])
        if name == "Fn::Join":
            return argument[0].join(map(str, self.value(argument[1])))
        assert name == "Fn::Sub", name
        text, names = argument if isinstance(argument, list) else (argument, {})
        return re.sub(r"\$\{([A-Za-z:]+)\}",
                      lambda m: str(self.value(names[m[1]]) if m[1] in names else self._reference(m[1])), text)

    def _holds(self, condition):
        (name, argument), = condition.items()
        if name == "Condition":
            return self.condition(argument)
        if name == "Fn::Not":
            return not self._holds(argument[0])
        if name in ("Fn::And", "Fn::Or"):
            return (all if name == "Fn::And" else any)(self._holds(each) for each in argument)
        left, right = map(self.value, argument)
        return str(left) == str(right)
