/// What a checked handshake offers: all that is needed to judge the upstream's answer, or to answer in its place, after
/// the request's bytes are gone.
package struct WebSocketOffer: Sendable {
    /// The 24 characters of Sec-WebSocket-Key, as sent.
    package let key: WebSocketKey
    /// The one right Sec-WebSocket-Accept.
    package let accept: WebSocketAccept
    /// Whether permessage-deflate was offered, and still is after `WebSocketHandshake.filterExtensions`.
    package var offersDeflate: Bool
    /// The offered sub-protocols in order, each followed by a comma.
    private var protocolList: [UInt8] = []

    /// `bearer`, as it was offered before a token that may not be chosen: what the gateway answers when upstream chooses
    /// nothing.
    package private(set) var marker: [UInt8] = []

    /// Offers beyond these are nobody's: browsers' clients send one to three, some of them tokens of several KiB.
    package static let mostProtocols = 32
    package static let longestProtocols = 16 << 10

    init(key: WebSocketKey, offersDeflate: Bool) {
        self.key = key
        self.accept = WebSocketHandshake.accept(forKey: key)
        self.offersDeflate = offersDeflate
    }

    /// The offered sub-protocols, in order; copies, for slow paths.
    package var protocols: [[UInt8]] {
        self.protocolList.split(separator: UInt8(ascii: ",")).map { Array($0) }
    }

    /// Whether an upstream may choose `name`. It may choose a `bearer` that it was not shown: applications that know the
    /// form do so by heart, and the client has offered it.
    package func offers(_ name: [UInt8]) -> Bool {
        self.protocols.contains(name) || !self.marker.isEmpty && name == self.marker
    }

    mutating func remove(_ token: [UInt8], marker: [UInt8]) {
        let left = self.protocols.filter { $0 != token && $0 != marker }
        self.protocolList = left.flatMap { $0 + [UInt8(ascii: ",")] }
        self.marker = marker
    }

    mutating func add(_ name: [UInt8]) throws(HandshakeProblem) {
        let offered = self.protocols
        if offered.contains(name) { throw .repeatedProtocol }
        if offered.count >= Self.mostProtocols || self.protocolList.count + name.count >= Self.longestProtocols {
            throw .tooManyProtocols
        }
        self.protocolList.append(contentsOf: name)
        self.protocolList.append(UInt8(ascii: ","))
    }
}

package typealias WebSocketKey = InlineArray<24, UInt8>
package typealias WebSocketAccept = InlineArray<28, UInt8>
