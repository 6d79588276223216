import NIOCore
import NIOPosix

/// All workers, found by their loops.
final class WorkerSet: Sendable {
    let group: any EventLoopGroup
    let eventLoops: [any EventLoop]
    let shared: SharedState
    private let bound: [ObjectIdentifier: NIOLoopBound<Worker>]

    private init(
        group: any EventLoopGroup, eventLoops: [any EventLoop], shared: SharedState,
        bound: [ObjectIdentifier: NIOLoopBound<Worker>]
    ) {
        self.group = group
        self.eventLoops = eventLoops
        self.shared = shared
        self.bound = bound
    }

    /// One worker for each loop of `group`, each made on its own loop. Blocks; not to be called on a loop.
    static func make(
        group: MultiThreadedEventLoopGroup,
        snapshot: Snapshot,
        observation: @escaping @Sendable (Int) -> WorkerObservation
    ) throws -> WorkerSet {
        let shared = SharedState()
        var eventLoops: [any EventLoop] = []
        var bound: [ObjectIdentifier: NIOLoopBound<Worker>] = [:]
        let count = group.makeIterator().reduce(0) { sum, _ in sum + 1 }
        for (index, eventLoop) in group.makeIterator().enumerated() {
            let worker = try eventLoop.submit {
                HeapReserve.make(workers: count)
                return NIOLoopBound(
                    Worker(
                        index: index,
                        eventLoop: eventLoop,
                        shared: shared,
                        snapshot: snapshot,
                        observation: observation(index)
                    ),
                    eventLoop: eventLoop
                )
            }.wait()
            eventLoops.append(eventLoop)
            bound[ObjectIdentifier(eventLoop)] = worker
        }
        return WorkerSet(group: group, eventLoops: eventLoops, shared: shared, bound: bound)
    }

    /// The worker of the loop that this is called on.
    func worker(on eventLoop: any EventLoop) -> Worker {
        guard let bound = self.bound[ObjectIdentifier(eventLoop)] else {
            preconditionFailure("a loop without a worker")
        }
        return bound.value
    }

    /// Runs `body` on every worker's loop soon. Two calls from one place reach each worker in their order.
    func execute(_ body: @escaping @Sendable (Worker) -> Void) {
        for eventLoop in self.eventLoops { eventLoop.execute { body(self.worker(on: eventLoop)) } }
    }

    /// Runs `body` on every worker's loop and collects what it returns, in the workers' order.
    func collect<Value: Sendable>(_ body: @escaping @Sendable (Worker) -> Value) async throws -> [Value] {
        var values: [Value] = []
        for eventLoop in self.eventLoops {
            values.append(try await eventLoop.submit { body(self.worker(on: eventLoop)) }.get())
        }
        return values
    }
}
