/// The `logs` block.
package struct LogSettings: Sendable, Equatable {
    package var level = LogLevel.info
    package var format = LogFormat.text
    package var access = AccessLogTarget.on

    package init() {}
}

package enum LogLevel: String, Sendable, CaseIterable { case debug, info, notice, warning, error }
package enum LogFormat: String, Sendable, CaseIterable { case text, json }

package enum AccessLogTarget: Sendable, Equatable {
    /// Standard output.
    case on
    case off
    case file(String)
}
