import NIOCore
import NIOHTTP1
import NIOWebSocket

/// What all connections of one server share, confined to its event loop, and how a connection is put together.
final class DemoService {
    static let connectionLimit = 512

    private let site: DemoSite
    private let hub: ChatHub
    private let now: @Sendable () -> Int64
    private var connections: [ObjectIdentifier: any Channel] = [:]
    private var isStopping = false

    init(site: DemoSite, now: @escaping @Sendable () -> Int64) {
        self.site = site
        self.hub = ChatHub(rooms: site.directory.rooms, now: now)
        self.now = now
    }

    func respond(to request: DemoRequest) -> DemoResponse {
        if request.asksForWebSocket && hub.isFull { return .empty(.serviceUnavailable) }
        return site.respond(to: request, now: now(), online: hub.onlineCount(inRoom:))
    }

    func pingAll() {
        hub.pingAll()
    }

    /// Closes every socket with a frame and every connection; nothing is accepted afterwards.
    func stop() {
        isStopping = true
        hub.closeAll()
        for connection in connections.values { connection.close(promise: nil) }
    }

    /// One loop serves everything, so that rooms need no lock.
    func setUp(_ channel: any Channel) throws {
        guard !isStopping, connections.count < Self.connectionLimit else { return channel.close(promise: nil) }
        let id = ObjectIdentifier(channel)
        connections[id] = channel
        let bound = NIOLoopBound(self, eventLoop: channel.eventLoop)
        channel.closeFuture.whenComplete { _ in bound.value.connections[id] = nil }

        let encoder = HTTPResponseEncoder()
        // Bytes behind a handshake are already WebSocket frames.
        let decoder = ByteToMessageHandler(HTTPRequestDecoder(leftOverBytesStrategy: .forwardBytes))
        let idle = IdleStateHandler(readTimeout: .seconds(30))
        let pipelining = HTTPServerPipelineHandler()
        let errors = HTTPServerProtocolErrorHandler()
        let upgrader = makeUpgrader(bound)
        let requests = DemoRequestHandler(service: self) { handler in
            let extra: [any RemovableChannelHandler] = [idle, decoder, pipelining, errors, handler]
            let watch = HTTPServerUpgradeHandler(
                upgraders: [upgrader], httpEncoder: encoder, extraHTTPHandlers: extra,
                upgradeCompletionHandler: { _ in }
            )
            try? channel.pipeline.syncOperations.addHandler(watch, position: .before(handler))
        }
        try channel.pipeline.syncOperations.addHandlers([idle, encoder, decoder, pipelining, errors, requests])
        requests.expectHandshake()
    }

    private func makeUpgrader(_ bound: NIOLoopBound<DemoService>) -> NIOWebSocketServerUpgrader {
        NIOWebSocketServerUpgrader(
            maxFrameSize: MessageAssembler.sizeLimit,
            shouldUpgrade: { channel, head in
                let isAdmitted = bound.value.admitted(head) != nil
                return channel.eventLoop.makeSucceededFuture(isAdmitted ? [:] : nil)
            },
            upgradePipelineHandler: { channel, head in
                channel.eventLoop.makeCompletedFuture {
                    guard let (user, room) = bound.value.admitted(head) else { return channel.close(promise: nil) }
                    let socket = ChatSocketHandler(hub: bound.value.hub, user: user, room: room)
                    try channel.pipeline.syncOperations.addHandler(socket)
                }
            }
        )
    }

    private func admitted(_ head: HTTPRequestHead) -> (DemoDirectory.User, DemoDirectory.Room)? {
        guard !hub.isFull, head.method == .GET,
            case .accept(let user, let room) = site.admission(ofHandshake: DemoRequest(head: head))
        else { return nil }
        return (user, room)
    }
}
