import Testing

@testable import GatewaySettings

@Suite struct YAMLSyntaxHintTests {
    private func hint(_ text: String) -> String? {
        let problems = YAMLDocument(Array(text.utf8)).problems
        #expect(problems.count == 1)
        return problems.first?.hint
    }

    @Test(arguments: [
        ("SIMPLE_JWT = {\n    'A': timedelta(minutes=5),\n    'B': 'c',\n}\n", "SIMPLE_JWT: {"),
        ("listen: []\nSIMPLE_JWT = {\n    'A': timedelta(minutes=5),\n}\n", "SIMPLE_JWT: {"),
        ("listen: []\nSIMPLE_JWT = {  # tokens\r\n\n    ALGORITHM: HS256\n\n}\nroutes: []\n", "SIMPLE_JWT: {"),
        ("listen: []\nSIMPLE_JWT = {'ALGORITHM': 'HS256'}\n", "SIMPLE_JWT: {"),
        ("listen: []\nSIMPLE_JWT={\n  'A': 1,\n}\n", "SIMPLE_JWT: {"),
        ("listen: []\nALLOWED_HOSTS = [\n  '.example.com',\n]\n", "ALLOWED_HOSTS: ["),
        ("listen: []\nTYPES = (\n  'Bearer',\n)\n", "TYPES: and a list in [ ]"),
    ])
    func pythonAssignment_isNamed_whenPasted(text: String, expected: String) {
        #expect(hint(text) == "this is Python: write " + expected)
    }

    @Test(arguments: [
        "routes:\n  - path: ''\n    upstream: a\n   auth: none\n", "routes:\n  - path: ''\n  upstream: a\n",
        "routes:\n  - path: ''\n      upstream: a\n", "upstreams:\n  app:\n    servers: [a]\n   pool: {}\n",
    ])
    func indentation_isNamed_whenColumnsDiffer(text: String) {
        #expect(hint(text) == "check the indentation: keys of one entry begin in the same column")
    }

    @Test(arguments: [
        (
            "S: {\n    'K': os.environ[\"K\"],\n}\n",
            "this is Python: write a variable of the environment as \"${NAME}\""
        ),
        ("S: {'K': env('K', 'x')}\n", "this is Python: write a variable of the environment as \"${NAME}\""),
        ("S: {\n    'A': 'x'\n    'K': \"${K}\",\n}\n", "a comma is missing at the end of the line before"),
        ("S: {\n    'A': ${K},\n}\n", "inside { } and [ ] write it in quotes: \"${NAME}\""),
        ("S:\n  A: x\n   K: ${K}\n", "check the indentation of this line, or quote a text that holds \": \""),
    ])
    func hint_isOfTheMistake_whenVariablesAreNear(text: String, expected: String) {
        #expect(hint(text) == expected)
    }

    @Test(arguments: ["a: b\n  c: d\n", "a: b: c\n", "A = 1\nb: c: d\n"])
    func colon_isNamed_whenMappingIsNotAllowed(text: String) {
        #expect(hint(text) == "check the indentation of this line, or quote a text that holds \": \"")
    }

    @Test(arguments: [
        "SIMPLE_JWT:\n  'A': 'x',\n  'B': 'y',\n", "SIMPLE_JWT:\n  A: [x],\n  B: y\n",
        "a:\n  b:\n    c: x,\n\n    # comment\n   d: y\n",
    ])
    func comma_isNamed_whenLineEndsWithIt(text: String) {
        #expect(hint(text) == "no comma at the end of the line outside { }")
    }

    @Test func tuple_isNamed_whenItHoldsTwoQuotedWords() {
        #expect(hint("SIMPLE_JWT: {\n  'A': ('Bearer', 'JWT'),\n}\n") == "write a Python tuple as a list in [ ]")
    }

    /// Every line above is looked at once.
    @Test func longFile_isSearchedInLinearTime() {
        #expect(hint("a: b\n" + String(repeating: "\n", count: 200_000) + "  c: d\n") != nil)
    }
}
