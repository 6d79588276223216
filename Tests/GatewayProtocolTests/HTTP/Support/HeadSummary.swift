import GatewayMessage
import GatewayProtocol
import NIOCore

/// A header line as tests like to compare it.
struct FieldSummary: Equatable, CustomStringConvertible {
    var name: [UInt8]
    var value: [UInt8]
    var known: KnownField
    var isDropped: Bool
    var foldedHash: UInt32

    init(_ field: HeaderField, _ bytes: [UInt8]) {
        self.name = Array(bytes[field.name.range])
        self.value = Array(bytes[field.value.range])
        self.known = field.known
        self.isDropped = field.isDropped
        self.foldedHash = field.foldedHash
    }

    var line: String { "\(text(self.name)): \(text(self.value))" }
    var description: String { self.isDropped ? "-" + self.line : self.line }
}

/// Everything a request head says, its ranges resolved.
struct RequestSummary: Equatable {
    var method: RequestMethod
    var methodName: String
    var target: String
    var path: String
    var query: String?
    var minorVersion: UInt8
    var host: String?
    var fields: [FieldSummary]
    var framing: BodyFraming
    var keepsAlive: Bool
    var expectsContinue: Bool
    var upgrade: RequestedUpgrade
    var blockLength: Int

    init(_ head: RequestHead, _ bytes: [UInt8]) {
        self.method = head.method
        self.methodName = text(bytes[head.methodName.range])
        self.target = text(bytes[head.target.range])
        self.path = text(bytes[head.path.range])
        self.query = head.query.map { text(bytes[$0.range]) }
        self.minorVersion = head.minorVersion
        self.host = head.host.map { text(bytes[$0.range]) }
        self.fields = head.fields.map { FieldSummary($0, bytes) }
        self.framing = head.framing
        self.keepsAlive = head.keepsAlive
        self.expectsContinue = head.expectsContinue
        self.upgrade = head.upgrade
        self.blockLength = head.blockLength
    }

    var kept: [String] { self.fields.filter { !$0.isDropped }.map(\.line) }
    var dropped: [String] { self.fields.filter(\.isDropped).map(\.line) }
}

struct ResponseSummary: Equatable {
    var status: Int
    var reason: [UInt8]
    var minorVersion: UInt8
    var fields: [FieldSummary]
    var framing: BodyFraming
    var keepsAlive: Bool
    var blockLength: Int

    init(_ head: ResponseHead, _ bytes: [UInt8]) {
        self.status = head.status
        self.reason = Array(bytes[head.reason.range])
        self.minorVersion = head.minorVersion
        self.fields = head.fields.map { FieldSummary($0, bytes) }
        self.framing = head.framing
        self.keepsAlive = head.keepsAlive
        self.blockLength = head.blockLength
    }

    var kept: [String] { self.fields.filter { !$0.isDropped }.map(\.line) }
    var dropped: [String] { self.fields.filter(\.isDropped).map(\.line) }
}

enum HeadOutcome<Summary: Equatable>: Equatable {
    case needsMore
    case violation(HTTPViolation)
    case head(Summary)

    var head: Summary? {
        if case .head(let summary) = self { summary } else { nil }
    }

    var violation: HTTPViolation? {
        if case .violation(let violation) = self { violation } else { nil }
    }
}

typealias RequestOutcome = HeadOutcome<RequestSummary>
typealias ResponseOutcome = HeadOutcome<ResponseSummary>

func parseRequest(_ bytes: [UInt8], limits: HTTPLimits = HTTPLimits(), cuts: [Int] = []) -> RequestOutcome {
    var parser = HTTPRequestParser(limits: limits)
    do throws(HTTPViolation) {
        for buffer in Feeding.growing(bytes, cuts: cuts) {
            if try parser.parse(buffer) == .complete { return .head(RequestSummary(parser.head, bytes)) }
        }
        return .needsMore
    } catch {
        return .violation(error)
    }
}

func parseRequest(_ text: String, limits: HTTPLimits = HTTPLimits(), cuts: [Int] = []) -> RequestOutcome {
    parseRequest(Array(text.utf8), limits: limits, cuts: cuts)
}

func parseResponse(
    _ bytes: [UInt8],
    to method: RequestMethod = .get,
    limits: HTTPLimits = HTTPLimits(),
    cuts: [Int] = []
) -> ResponseOutcome {
    var parser = HTTPResponseParser(limits: limits)
    do throws(HTTPViolation) {
        for buffer in Feeding.growing(bytes, cuts: cuts) {
            if try parser.parse(buffer, requestMethod: method) == .complete {
                return .head(ResponseSummary(parser.head, bytes))
            }
        }
        return .needsMore
    } catch {
        return .violation(error)
    }
}

func parseResponse(
    _ text: String,
    to method: RequestMethod = .get,
    limits: HTTPLimits = HTTPLimits(),
    cuts: [Int] = []
) -> ResponseOutcome {
    parseResponse(Array(text.utf8), to: method, limits: limits, cuts: cuts)
}

/// A GET with `Host: a` and these lines.
func get(_ lines: String...) -> String {
    "GET / HTTP/1.1\r\nHost: a\r\n" + lines.map { $0 + "\r\n" }.joined() + "\r\n"
}

func post(_ lines: String...) -> String {
    "POST / HTTP/1.1\r\nHost: a\r\n" + lines.map { $0 + "\r\n" }.joined() + "\r\n"
}

func ok(_ lines: String...) -> String {
    "HTTP/1.1 200 OK\r\n" + lines.map { $0 + "\r\n" }.joined() + "\r\n"
}
