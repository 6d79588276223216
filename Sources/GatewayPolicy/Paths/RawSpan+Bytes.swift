extension RawSpan {
    /// The byte at `offset`, bounds-checked. The same as `byte(_:)` of the message module, but inside this module: calls
    /// across modules are not inlined, and these loops read one byte at a time.
    func at(_ offset: Int) -> UInt8 { self.unsafeLoad(fromByteOffset: offset, as: UInt8.self) }
}
