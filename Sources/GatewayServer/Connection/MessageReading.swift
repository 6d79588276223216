import GatewayProtocol

/// What takes requests out of a client's bytes: a head, then its body. An object of its own, so that a connection which has
/// become a relay, and may stay one for days, does not keep it.
final class RequestReading {
    var parser: HTTPRequestParser
    /// Of the request whose body has not ended.
    var decoder: HTTPBodyDecoder?

    init(_ limits: HTTPLimits) { self.parser = HTTPRequestParser(limits: limits) }
}

/// The same for an upstream's responses.
final class ResponseReading {
    var parser: HTTPResponseParser
    /// Of the response whose body has not ended.
    var decoder: HTTPBodyDecoder?

    init(_ limits: HTTPLimits) { self.parser = HTTPResponseParser(limits: limits) }
}
