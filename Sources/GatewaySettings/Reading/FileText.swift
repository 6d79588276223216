internal import Glibc

/// A whole small file, or why there is none.
enum FileText {
    case bytes([UInt8])
    case unreadable(reason: String)

    /// More than any settings or key file needs; what is larger was named by mistake.
    static let limit = 1 << 20

    static func read(_ path: String) -> FileText {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return self.failure(errno) }
        defer { close(descriptor) }
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 64 << 10)
        while true {
            let count = Glibc.read(descriptor, &chunk, chunk.count)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { return self.failure(errno) }
            guard count > 0 else { return .bytes(bytes) }
            bytes += chunk.prefix(count)
            guard bytes.count <= self.limit else { return .unreadable(reason: "larger than 1 MiB") }
        }
    }

    private static func failure(_ code: Int32) -> FileText {
        .unreadable(reason: strerror(code).map { String(cString: $0) } ?? "error \(code)")
    }
}
