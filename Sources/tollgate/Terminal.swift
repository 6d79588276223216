import GatewaySettings
import Glibc

func printError(_ line: String) {
    var text = line + "\n"
    text.withUTF8 { _ = write(STDERR_FILENO, $0.baseAddress, $0.count) }
}

func printProblems(_ problems: [SettingsProblem]) {
    for problem in problems { printError(problem.rendered()) }
    printError(problems.count == 1 ? "1 problem" : "\(problems.count) problems")
}

/// The environment as a dictionary, for `${VAR}` in settings.
func processEnvironment() -> [String: String] {
    var environment: [String: String] = [:]
    var entry = environ
    while let text = entry.pointee {
        let line = String(cString: text)
        if let separator = line.firstIndex(of: "=") {
            environment[String(line[..<separator])] = String(line[line.index(after: separator)...])
        }
        entry += 1
    }
    return environment
}

/// Standard output is buffered when it is no terminal; who waits for a line should not have to wait for the next one.
func flushOutput() { fflush(nil) }
