import Glibc
import NIOCore
import NIOPosix

/// The file of a Unix-domain socket that this process listens on.
struct SocketFile {
    private let path: String
    private let device: dev_t
    private let inode: ino_t

    /// Right after binding. The file lets every local user connect, as a port on loopback does; its folder can be
    /// stricter.
    init?(_ path: String) {
        chmod(path, 0o666)
        var status = stat()
        guard stat(path, &status) == 0 else { return nil }
        self.path = path
        self.device = status.st_dev
        self.inode = status.st_ino
    }

    /// Removes the file, unless it is another process's by now: one that took over while this one drained.
    func remove() {
        var status = stat()
        guard stat(self.path, &status) == 0, status.st_dev == self.device, status.st_ino == self.inode else { return }
        unlink(self.path)
    }

    /// Whether somebody answers at `path`. A file that nobody listens on is only a leftover.
    static func hasListener(_ path: String, on eventLoop: any EventLoop) async -> Bool {
        guard let channel = try? await ClientBootstrap(group: eventLoop).connect(unixDomainSocketPath: path).get()
        else {
            return false
        }
        try? await channel.close()
        return true
    }
}
