internal import Glibc

/// Where the lines of a sink go.
package enum LogDestination: Sendable, Equatable {
    case standardOutput
    case standardError
    /// Opened for appending, readable by owner and group.
    case file(path: String)
}

/// Why a log file cannot be opened.
package struct LogProblem: Error, Sendable, Equatable {
    package var path: String
    package var errorNumber: Int32

    package var message: String {
        if self.errorNumber == ENXIO { return "cannot open the log file \(self.path): it is a FIFO that nobody reads" }
        return "cannot open the log file \(self.path): \(String(cString: strerror(self.errorNumber)))"
    }
}

/// An open destination. Standard streams are borrowed, files are owned and closed by whoever holds the value last.
struct LogOutput: Sendable {
    let descriptor: Int32
    private let isOwned: Bool

    init(descriptor: Int32, isOwned: Bool) {
        self.descriptor = descriptor
        self.isOwned = isOwned
    }

    init(_ destination: LogDestination) throws(LogProblem) {
        switch destination {
        case .standardOutput:
            self.descriptor = STDOUT_FILENO
            self.isOwned = false
        case .standardError:
            self.descriptor = STDERR_FILENO
            self.isOwned = false
        case .file(let path):
            // O_NONBLOCK changes nothing for regular files; without it a FIFO would hold up the start until it is read.
            let flags = O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOCTTY | O_NONBLOCK
            self.descriptor = Glibc.open(path, flags, 0o640)
            self.isOwned = true
            guard self.descriptor >= 0 else { throw LogProblem(path: path, errorNumber: errno) }
        }
    }

    func close() {
        if self.isOwned { _ = Glibc.close(self.descriptor) }
    }
}
