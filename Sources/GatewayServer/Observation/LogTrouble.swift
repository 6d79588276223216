internal import Glibc

/// What befalls a destination; for a line in another log.
package enum LogTrouble: Sendable, Equatable {
    /// Writing failed with this error number. Told once until it works again.
    case failing(errorNumber: Int32)
    /// Lines were written again after `linesLost` had been dropped.
    case recovered(linesLost: Int)

    package var message: String {
        switch self {
        case .failing(let number): "a log cannot be written: \(String(cString: strerror(number)))"
        case .recovered(let lines): "a log could not be written for a while, \(lines) lines are lost"
        }
    }
}

/// Decides what is worth telling: a destination that fails and works by turns must not fill another log.
struct LogTroubleReports {
    private let report: @Sendable (LogTrouble) -> Void
    private var isFailing = false
    private var linesTold = 0
    private var quietUntil = Int64.min

    private static let quietMilliseconds: Int64 = 10_000

    init(report: @escaping @Sendable (LogTrouble) -> Void) {
        self.report = report
    }

    mutating func failed(_ errorNumber: Int32, now: Int64 = MonotonicMilliseconds.now()) {
        guard !self.isFailing, now >= self.quietUntil else { return }
        self.isFailing = true
        self.quietUntil = now + Self.quietMilliseconds
        self.report(.failing(errorNumber: errorNumber))
    }

    /// A block was written; `linesDropped` counts from the start.
    mutating func wrote(linesDropped: Int, now: @autoclosure () -> Int64 = MonotonicMilliseconds.now()) {
        self.isFailing = false
        guard linesDropped > self.linesTold else { return }
        let now = now()
        guard now >= self.quietUntil else { return }
        self.quietUntil = now + Self.quietMilliseconds
        self.report(.recovered(linesLost: linesDropped - self.linesTold))
        self.linesTold = linesDropped
    }
}
