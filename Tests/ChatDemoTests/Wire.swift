import NIOCore
import NIOPosix
import Testing

/// A bare TCP client that remembers every byte it was sent.
final class Wire {
    private struct EndedEarly: Error {
        let received: String
    }

    private let channel: any Channel
    private var chunks: AsyncStream<ByteBuffer>.AsyncIterator
    private(set) var bytes: [UInt8] = []
    private var searchFrom = 0

    init(port: Int) async throws {
        let (stream, continuation) = AsyncStream<ByteBuffer>.makeStream()
        channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(Collector(continuation: continuation))
                }
            }
            .connect(host: "127.0.0.1", port: port).get()
        chunks = stream.makeAsyncIterator()
    }

    var text: String { String(decoding: bytes, as: UTF8.self) }

    func send(_ text: String) async throws {
        try await send(Array(text.utf8))
    }

    func send(_ bytes: [UInt8]) async throws {
        try await channel.writeAndFlush(ByteBuffer(bytes: bytes)).get()
    }

    /// Waits until these bytes have come, after those that were expected before.
    func expect(_ wanted: [UInt8]) async throws {
        while true {
            var index = searchFrom
            while index + wanted.count <= bytes.count {
                if bytes[index..<index + wanted.count].elementsEqual(wanted) {
                    searchFrom = index + wanted.count
                    return
                }
                index += 1
            }
            guard let chunk = await chunks.next() else { throw EndedEarly(received: text) }
            bytes.append(contentsOf: chunk.readableBytesView)
        }
    }

    func expect(_ wanted: String) async throws {
        try await expect(Array(wanted.utf8))
    }

    func expectEnd() async throws {
        while let chunk = await chunks.next() { bytes.append(contentsOf: chunk.readableBytesView) }
    }

    func close() async throws {
        try await channel.close()
    }
}

private final class Collector: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private let continuation: AsyncStream<ByteBuffer>.Continuation

    init(continuation: AsyncStream<ByteBuffer>.Continuation) {
        self.continuation = continuation
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        continuation.yield(unwrapInboundIn(data))
    }

    func channelInactive(context: ChannelHandlerContext) {
        continuation.finish()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        context.close(promise: nil)
    }
}
