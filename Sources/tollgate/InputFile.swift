import ArgumentParser
import Glibc

/// Files that a command is given.
enum InputFile {
    /// `-` is the standard input.
    static func read(_ path: String, limit: Int) throws -> [UInt8] {
        let isInput = path == "-"
        let descriptor = isInput ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw self.problem(path) }
        defer { if !isInput { _ = close(descriptor) } }
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 64 << 10)
        while true {
            let count = Glibc.read(descriptor, &chunk, chunk.count)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw self.problem(path) }
            guard count > 0 else { return bytes }
            bytes += chunk.prefix(count)
            guard bytes.count <= limit else { throw ValidationError("\(path): larger than \(limit) bytes") }
        }
    }

    private static func problem(_ path: String) -> ValidationError {
        let reason = strerror(errno).map { String(cString: $0) } ?? "error \(errno)"
        return ValidationError("\(path): \(reason)")
    }
}

extension String {
    /// Without blanks and line breaks at either end.
    func trimmingBlanks() -> String {
        let blanks: Set<UInt8> = [0x20, 0x09, 0x0A, 0x0D]
        let tail = self.utf8.drop { blanks.contains($0) }.reversed().drop { blanks.contains($0) }
        return String(decoding: tail.reversed(), as: UTF8.self)
    }
}
