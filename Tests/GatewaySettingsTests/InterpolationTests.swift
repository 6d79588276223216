import Testing

@testable import GatewaySettings

@Suite struct InterpolationTests {
    private let environment = ["A": "1", "EMPTY": "", "B_2": "${A}", "_x": "under"]

    @Test(arguments: [
        ("", ""), ("plain", "plain"), ("${A}", "1"), ("x${A}y${A}", "x1y1"), ("${EMPTY}", ""), ("${_x}", "under"),
        ("${NO:-d}", "d"), ("${EMPTY:-d}", "d"), ("${A:-d}", "1"), ("${NO:-}", ""), ("${NO:-a:-b}", "a:-b"),
        ("${NO:-$$5}", "$5"), ("$$", "$"), ("$${A}", "${A}"), ("$$$$", "$$"), ("^ws/\\d+$", "^ws/\\d+$"), ("$x", "$x"),
        ("a$", "a$"), ("$ {A}", "$ {A}"), ("${B_2}", "${A}"),
    ])
    func text_isFilledIn_whenVariablesAreSet(raw: String, expected: String) {
        let interpolation = Interpolation(raw, environment: environment)
        #expect(interpolation.problems == [])
        #expect(interpolation.text == expected)
    }

    @Test(arguments: [
        "${", "${A", "${}", "${1}", "${A-b}", "${A b}", "${A:b}", "${NO:-${A}", "${é}", "${A.B}",
    ])
    func problem_isFound_whenExpressionIsNone(raw: String) {
        #expect(Interpolation(raw, environment: environment).problems.count == 1)
    }

    @Test func variables_areAllNamed_whenSeveralVariablesAreUnset() {
        let interpolation = Interpolation("${X}-${Y}", environment: [:])
        #expect(interpolation.unsetVariables == ["X", "Y"])
        #expect(!interpolation.isComplete)
    }
}
