import GatewayMessage
import GatewayProtocol
import NIOCore

/// Reads the answer to one GET: bytes in, the document or the reason why there is none out, once.
struct FetchStateMachine {
    typealias Outcome = Result<FetchedDocument, FetchProblem>

    private enum State {
        case head
        case body(HTTPBodyDecoder, isUntilClose: Bool)
        case finished
    }

    private let limit: Int
    /// Whether 304 means anything.
    private let isConditional: Bool
    private var state = State.head
    private var parser = HTTPResponseParser(
        limits: HTTPLimits(headerLine: 16 << 10, headerBlock: 64 << 10, headerCount: 200))
    private var interimHeads = 0
    private var inbound = ByteBuffer()
    private var document: [UInt8] = []
    private var etag: String?

    private static let maximumInterimHeads = 8

    init(limit: Int, isConditional: Bool) {
        self.limit = limit
        self.isConditional = isConditional
    }

    /// Nil: more has to come.
    mutating func received(_ bytes: ByteBuffer) -> Outcome? {
        if case .finished = self.state { return nil }
        if self.inbound.readableBytes > 0 { self.inbound.writeImmutableBuffer(bytes) } else { self.inbound = bytes }
        do throws(FetchProblem) {
            if case .head = self.state, let document = try self.readHead() { return self.finish(.success(document)) }
            guard case .body(let decoder, let isUntilClose) = self.state,
                let document = try self.readBody(decoder, isUntilClose)
            else { return nil }
            return self.finish(.success(document))
        } catch {
            return self.finish(.failure(error))
        }
    }

    /// The peer has sent all it will. Nil when the outcome is known already.
    mutating func ended() -> Outcome? {
        switch self.state {
        case .finished: return nil
        case .body(_, isUntilClose: true): return self.finish(.success(.document(self.document, etag: self.etag)))
        case .head, .body: return self.finish(.failure(.endedEarly))
        }
    }

    private mutating func finish(_ outcome: Outcome) -> Outcome {
        self.state = .finished
        self.inbound = ByteBuffer()
        self.document = []
        return outcome
    }

    /// A document when the head is all there is.
    private mutating func readHead() throws(FetchProblem) -> FetchedDocument? {
        while true {
            do throws(HTTPViolation) {
                guard try self.parser.parse(self.inbound, requestMethod: .get) == .complete else { return nil }
            } catch {
                throw .malformed("\(error.label)")
            }
            let head = self.parser.head
            let isInterim = (100...199).contains(head.status) && head.status != 101
            guard isInterim else { return try self.take(head) }
            self.interimHeads += 1
            guard self.interimHeads <= Self.maximumInterimHeads else { throw .malformed("too many interim answers") }
            self.inbound.moveReaderIndex(forwardBy: head.blockLength)
            self.parser.reset()
        }
    }

    private mutating func take(_ head: ResponseHead) throws(FetchProblem) -> FetchedDocument? {
        switch head.status {
        case 200: break
        case 304 where self.isConditional: return .notModified
        case 300...399: throw .redirected(head.status)
        default: throw .status(head.status)
        }
        if case .length(let length) = head.framing, length > self.limit { throw .tooLarge(limit: self.limit) }
        let block = self.inbound
        try block.withUnsafeReadableBytes { (bytes) throws(FetchProblem) in try self.readFields(head, bytes.bytes) }
        self.inbound.moveReaderIndex(forwardBy: head.blockLength)
        self.state = .body(HTTPBodyDecoder(framing: head.framing), isUntilClose: head.framing == .untilClose)
        return nil
    }

    private mutating func readFields(_ head: ResponseHead, _ bytes: RawSpan) throws(FetchProblem) {
        for field in head.fields {
            if bytes.equalsIgnoringCase(field.name, "content-encoding") {
                guard field.value.isEmpty || bytes.equalsIgnoringCase(field.value, "identity") else { throw .coded }
            } else if bytes.equalsIgnoringCase(field.name, "etag") {
                self.etag = Self.entityTag(bytes.bytes(field.value))
            }
        }
    }

    /// RFC 9110 section 8.8.3. It is sent back as it came, so it holds nothing that a header must not.
    private static func entityTag(_ bytes: [UInt8]) -> String? {
        let opaque = bytes.starts(with: [0x57, 0x2F]) ? bytes.dropFirst(2) : bytes[...]
        guard (2...256).contains(opaque.count), opaque.first == 0x22, opaque.last == 0x22,
            opaque.dropFirst().dropLast().allSatisfy({ (0x21...0x7E).contains($0) && $0 != 0x22 })
        else { return nil }
        return String(decoding: bytes, as: UTF8.self)
    }

    private mutating func readBody(_ old: HTTPBodyDecoder, _ isUntilClose: Bool) throws(FetchProblem)
        -> FetchedDocument?
    {
        var decoder = old
        defer { self.state = .body(decoder, isUntilClose: isUntilClose) }
        while true {
            let piece: BodyPiece
            do throws(HTTPViolation) { piece = try decoder.next(&self.inbound) } catch {
                throw .malformed("\(error.label)")
            }
            switch piece {
            case .needsMore: return nil
            case .end: return .document(self.document, etag: self.etag)
            case .data(let data):
                guard data.readableBytes <= self.limit - self.document.count else { throw .tooLarge(limit: self.limit) }
                self.document.append(contentsOf: data.readableBytesView)
            }
        }
    }
}
