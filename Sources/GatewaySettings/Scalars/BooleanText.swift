/// `true` and `false`, with the other words YAML and Python users write for them.
enum BooleanText {
    static func parse(_ text: String) throws(ScalarProblem) -> Bool {
        switch text {
        case "true", "True", "TRUE", "yes", "Yes", "YES", "on", "On", "ON": return true
        case "false", "False", "FALSE", "no", "No", "NO", "off", "Off", "OFF": return false
        default: throw ScalarProblem("is neither true nor false", hint: "write true or false")
        }
    }
}
