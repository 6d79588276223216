import NIOCore

/// How large the buffers are that channels read into. They grow with what is read and never shrink, and each channel keeps
/// one: an idle socket pays for the size its first reads had.
enum ReceiveBuffers {
    /// Most request heads, token included, fit; larger ones cost one more read, once.
    static let http = AdaptiveRecvByteBufferAllocator(minimum: 64, initial: 1024, maximum: 64 << 10)
    /// The answer to a handshake is a short head.
    static let handshakeAnswer = AdaptiveRecvByteBufferAllocator(minimum: 64, initial: 512, maximum: 64 << 10)
}
