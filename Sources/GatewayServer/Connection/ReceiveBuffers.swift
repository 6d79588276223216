import NIOCore

/// How large the buffers are that channels read into. They grow with what is read and never shrink, and each channel keeps
/// one: an idle socket pays for the size its first reads had.
enum ReceiveBuffers {
    /// Most request heads, token included, fit; larger ones cost one more read, once.
    static let http = AdaptiveRecvByteBufferAllocator(minimum: 64, initial: firstHTTP, maximum: 64 << 10)
    static let firstHTTP = 1024
    /// The answer to a handshake is a short head.
    static let handshakeAnswer = AdaptiveRecvByteBufferAllocator(minimum: 64, initial: 512, maximum: 64 << 10)

    /// Makes a channel that read more than its first buffer holds, a browser's handshake with a token and cookies say, forget
    /// its other buffers and begin small again. For a channel that will mostly be idle from now on.
    static func shrink(_ options: any NIOSynchronousChannelOptions) throws {
        try options.setOption(.recvAllocator, value: self.handshakeAnswer)
        // A channel has no more buffers than it reads at once.
        let most = try options.getOption(.maxMessagesPerRead)
        try options.setOption(.maxMessagesPerRead, value: 1)
        try options.setOption(.maxMessagesPerRead, value: most)
    }
}
