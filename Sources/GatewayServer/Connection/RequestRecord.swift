import GatewayMessage
import GatewayTokens
import NIOCore

/// What is remembered of one exchange for its log line and its metrics. Its arrays are reused from request to request.
struct RequestRecord {
    private(set) var method: [UInt8] = []
    private(set) var path: [UInt8] = []
    /// The client's address; of a trusted proxy's request the one it vouches for.
    private(set) var client: [UInt8] = []
    /// What a trusted proxy calls the request.
    private(set) var requestID: [UInt8] = []
    private(set) var hasQuery = false
    private(set) var minorVersion: UInt8 = 1
    private(set) var start = NIODeadline.uptimeNanoseconds(0)
    private(set) var time = LogTime(seconds: 0, nanoseconds: 0)
    /// The exchange's number on its connection, from 1.
    private(set) var number: UInt32 = 0
    /// 0 while nobody has answered.
    var status = 0
    var requestBytes = 0
    var responseBytes = 0
    /// Why the gateway answered itself, or gave up; empty for what upstream answered.
    var refusal: StaticString = ""

    /// `keepsText` is off where no access log is written: method and path are then not copied.
    mutating func begin(_ head: RequestHead, block: RawSpan, now: NIODeadline, wallClock: WallClock, keepsText: Bool) {
        self.reset(now: now, wallClock: wallClock)
        self.minorVersion = head.minorVersion
        self.hasQuery = head.query != nil
        guard keepsText else { return }
        Self.copy(head.methodName, of: block, into: &self.method)
        Self.copy(head.path, of: block, into: &self.path)
    }

    /// For bytes that are not a request.
    mutating func beginUnreadable(now: NIODeadline, wallClock: WallClock) {
        self.reset(now: now, wallClock: wallClock)
    }

    mutating func note(client: [UInt8], requestID: [UInt8]) {
        self.client = client
        self.requestID = requestID
    }

    private mutating func reset(now: NIODeadline, wallClock: WallClock) {
        self.method.removeAll(keepingCapacity: true)
        self.path.removeAll(keepingCapacity: true)
        self.hasQuery = false
        self.number &+= 1
        self.start = now
        self.time = LogTime(seconds: wallClock.seconds, nanoseconds: wallClock.nanoseconds)
        self.status = 0
        self.requestBytes = 0
        self.responseBytes = 0
        self.refusal = ""
    }

    func microseconds(at now: NIODeadline) -> Int64 { (now - self.start).nanoseconds / 1000 }

    private static func copy(_ range: ByteRange, of block: RawSpan, into text: inout [UInt8]) {
        block.withUnsafeBytes { text.append(contentsOf: UnsafeRawBufferPointer(rebasing: $0[range.range])) }
    }
}
