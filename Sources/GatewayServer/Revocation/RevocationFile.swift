import GatewayTokens
import Glibc

/// What distinguishes one state of a file from another without reading it.
struct FileSignature: Sendable, Equatable {
    private var device: UInt
    private var inode: UInt
    private var size: Int
    private var modified: Int
    private var modifiedNanoseconds: Int
    private var changed: Int
    private var changedNanoseconds: Int

    /// Nil when there is no such file.
    init?(path: String) {
        var status = stat()
        guard stat(path, &status) == 0 else { return nil }
        self.init(status)
    }

    fileprivate init(_ status: stat) {
        self.device = UInt(status.st_dev)
        self.inode = UInt(status.st_ino)
        self.size = Int(status.st_size)
        self.modified = Int(status.st_mtim.tv_sec)
        self.modifiedNanoseconds = Int(status.st_mtim.tv_nsec)
        self.changed = Int(status.st_ctim.tv_sec)
        self.changedNanoseconds = Int(status.st_ctim.tv_nsec)
    }

    /// Whether a later change must show: file systems keep time in steps, of two seconds at worst.
    func isSettled(at now: WallClock) -> Bool {
        let changed = Int64(self.changed)
        return now.seconds &- changed > 2
    }
}

/// A revocation list as it lay in its file.
struct RevocationFile: Sendable {
    var list: RevocationList
    var signature: FileSignature
    /// Of the bytes: a file that was only touched is no news.
    var fingerprint: Int

    /// Blocks: never called on a loop. The list is the one of `known` when the bytes are.
    static func read(
        _ path: String,
        known: (list: RevocationList, fingerprint: Int)? = nil
    ) -> Result<RevocationFile, UnusableDocument> {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { return .failure(self.systemProblem()) }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { return .failure(self.systemProblem()) }
        guard status.st_mode & S_IFMT == S_IFREG else { return .failure(UnusableDocument(message: "not a file")) }
        do throws(UnusableDocument) {
            let bytes = try self.bytes(of: descriptor)
            let fingerprint = bytes.hashValue
            let list =
                if let known, known.fingerprint == fingerprint { known.list } else {
                    try RevocationList(reading: bytes)
                }
            return .success(
                RevocationFile(list: list, signature: FileSignature(status), fingerprint: fingerprint))
        } catch {
            return .failure(error)
        }
    }

    private static func bytes(of descriptor: Int32) throws(UnusableDocument) -> [UInt8] {
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 64 << 10)
        // One byte more than may be there, so that too long a list is seen to be.
        while bytes.count <= RevocationList.maximumLength {
            let count = Glibc.read(descriptor, &chunk, chunk.count)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw self.systemProblem() }
            guard count > 0 else { break }
            bytes += chunk.prefix(count)
        }
        return bytes
    }

    private static func systemProblem() -> UnusableDocument {
        UnusableDocument(message: String(cString: strerror(errno)).lowercased())
    }
}

extension RevocationList {
    init(reading bytes: [UInt8]) throws(UnusableDocument) {
        do throws(RevocationProblem) {
            self = try RevocationList.parse(bytes, now: .now())
        } catch {
            throw UnusableDocument(message: error.message)
        }
    }
}
