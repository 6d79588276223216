/// One response's head: ranges into one block of received bytes, as `RequestHead`.
package struct ResponseHead: Sendable {
    package var status = 0
    package var reason: ByteRange = .empty
    package var minorVersion: UInt8 = 1
    package var fields: [HeaderField] = []
    package var framing: BodyFraming = .none
    /// Whether the upstream connection may carry another exchange after this one.
    package var keepsAlive = true
    /// Length of the whole head in the block, the empty line included.
    package var blockLength = 0

    package init() {}

    /// Back to the state of `init()`, keeping the array's storage.
    package mutating func reset() {
        var empty = ResponseHead()
        swap(&empty.fields, &self.fields)
        empty.fields.removeAll(keepingCapacity: true)
        self = empty
    }

    package func first(_ known: KnownField) -> HeaderField? {
        for field in self.fields where field.known == known { return field }
        return nil
    }
}
