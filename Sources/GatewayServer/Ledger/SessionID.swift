/// Names of sessions that the gateway chooses itself, for clients that have not.
enum SessionID {
    /// 128 random bits in lower-case hexadecimal digits.
    static func random() -> [UInt8] {
        var id: [UInt8] = []
        id.reserveCapacity(32)
        LogText.appendHexadecimal(.random(in: 0...UInt64.max), digits: 16, to: &id)
        LogText.appendHexadecimal(.random(in: 0...UInt64.max), digits: 16, to: &id)
        return id
    }
}
