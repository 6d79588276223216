import Glibc

/// Room for new connections in a worker's heap, made when nobody waits for it.
///
/// glibc makes the heap of a thread that is not the main one usable a page or two at a time, by a system call for each step.
/// After a restart, when all clients come back at once, that is twice for each socket. What was made usable once stays so,
/// untouched, and costs address space alone.
enum HeapReserve {
    /// Bytes, for all workers together. One heap of glibc's holds at most 64 MiB.
    private static let size = 60 << 20
    /// Below the size from which glibc maps a block of its own.
    private static let block = 120 << 10

    /// To be called on the worker's thread.
    static func make(workers: Int) {
        let count = self.size / self.block / max(1, workers)
        let blocks = (0..<count).map { _ in malloc(self.block) }
        // The last ones first: they are next to the end of the heap, which is cut off as they go.
        for block in blocks.reversed() { free(block) }
    }
}
