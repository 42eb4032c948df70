"""The Windows step as a parser of PowerShell sees it, and the arguments that it would start keyturn with. It is not run: there is
no Windows PowerShell 5.1 outside Windows."""

import re

import support

tree_sitter = support.package("tree_sitter")
grammar = support.package("tree_sitter_powershell")


def parsed(text):
    return tree_sitter.Parser(tree_sitter.Language(grammar.language())).parse(text.encode()).root_node


def nodes(node):
    yield node
    for child in node.children:
        yield from nodes(child)


def of_type(node, kind):
    return [each for each in nodes(node) if each.type == kind]


def words(node):
    return node.text.decode()


def inner(node):
    """Without the layers of the grammar that hold nothing but one other."""
    while len(node.children) == 1:
        node = node.children[0]
    return node


def assigned_texts(root):
    """What each variable of the head is set to: a text in single quotes."""
    return dict(re.findall(r"^\$(\w+) = '([^'\n]*)'$", words(root), re.MULTILINE))


class Arguments:
    """What `$arguments` would be: a reader of the few forms that its list is made of, which refuses any other."""

    def __init__(self, text):
        root = parsed(text)
        self._variables = assigned_texts(root)
        lists = [each for each in of_type(root, "assignment_expression") if words(each).startswith("$arguments =")]
        assert len(lists) == 1
        self._list = of_type(lists[0], "array_expression")[0]

    def words(self):
        return self._statements(self._list)

    def _statements(self, block):
        made = []
        for statements in block.children:
            if statements.type == "statement_list":
                for statement in statements.children:
                    made += self._statement(statement)
        return made

    def _statement(self, statement):
        if statement.type == "if_statement":
            return self._choice(statement)
        node = inner(statement)
        if node.type == "command":
            name, *given = self._call(node)
            assert name == "Get-Option" and len(given) == 2, words(node)
            option, values = given
            return [word for value in values if value for word in (*option, value)]
        return self._value(node)

    def _choice(self, statement):
        variable, text = re.fullmatch(r"\$(\w+) -eq '(\w+)'", words(statement.children[2])).groups()
        blocks = [each for each in statement.children if each.type == "statement_block"]
        others = [each.children[-1] for each in statement.children if each.type == "else_clause"]
        assert len(blocks) == 1 and len(others) <= 1
        chosen = blocks if self._variables[variable] == text else others
        return self._statements(chosen[0]) if chosen else []

    def _call(self, command):
        name, elements = command.children
        return [words(name), *(self._value(inner(each)) for each in elements.children if each.type != "command_argument_sep")]

    def _value(self, node):
        if node.type == "verbatim_string_characters":
            return [words(node)[1:-1]]
        if node.type == "variable":
            return [self._variables[words(node)[1:]]]
        assert node.type == "parenthesized_expression", words(node)
        name, (text,) = self._call(of_type(node, "command")[0])
        assert name == "Get-List", words(node)
        return [each for each in re.split(r'[\[\],"\s]+', text) if each]
