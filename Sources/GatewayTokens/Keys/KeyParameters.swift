internal import CLibCrypto

/// A key's numbers on their way into libcrypto, wiped afterwards.
struct KeyParameters: ~Copyable {
    private var list: [OSSL_PARAM] = []
    private var buffers: [UnsafeMutableRawBufferPointer] = []

    enum Half { case publicKey, keyPair }

    private static let isLittleEndian = 1 == Int(littleEndian: 1)

    init() {}

    deinit {
        for buffer in self.buffers {
            OPENSSL_cleanse(buffer.baseAddress, buffer.count)
            buffer.deallocate()
        }
    }

    /// An unsigned number of any length, most significant byte first.
    mutating func addInteger(_ name: StaticString, _ bytes: [UInt8]) {
        // Libcrypto wants the machine's order.
        let buffer = self.keep(Self.isLittleEndian ? bytes.reversed() : bytes)
        let number = buffer.baseAddress?.assumingMemoryBound(to: UInt8.self)
        self.list.append(OSSL_PARAM_construct_BN(name.cString, number, buffer.count))
    }

    mutating func addBytes(_ name: StaticString, _ bytes: [UInt8]) {
        let buffer = self.keep(bytes)
        self.list.append(OSSL_PARAM_construct_octet_string(name.cString, buffer.baseAddress, buffer.count))
    }

    mutating func addText(_ name: StaticString, _ text: String) {
        let buffer = self.keep(Array(text.utf8) + [0])
        let start = buffer.baseAddress?.assumingMemoryBound(to: CChar.self)
        self.list.append(OSSL_PARAM_construct_utf8_string(name.cString, start, 0))
    }

    private mutating func keep(_ bytes: [UInt8]) -> UnsafeMutableRawBufferPointer {
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: bytes.count, alignment: 8)
        buffer.copyBytes(from: bytes)
        self.buffers.append(buffer)
        return buffer
    }

    /// A key of libcrypto's type `type`; nil when the numbers make none. The caller owns it.
    consuming func makeKey(_ type: StaticString, _ half: Half) -> OpaquePointer? {
        defer { ERR_clear_error() }
        guard let context = EVP_PKEY_CTX_new_from_name(nil, type.cString, nil) else { return nil }
        defer { EVP_PKEY_CTX_free(context) }
        self.list.append(OSSL_PARAM_construct_end())
        let selection = half == .keyPair ? OSSL_KEYMGMT_SELECT_KEYPAIR : OSSL_KEYMGMT_SELECT_PUBLIC_KEY
        var key: OpaquePointer?
        guard EVP_PKEY_fromdata_init(context) == 1,
            EVP_PKEY_fromdata(context, &key, selection | OSSL_KEYMGMT_SELECT_ALL_PARAMETERS, &self.list) == 1
        else {
            EVP_PKEY_free(key)
            return nil
        }
        return key
    }
}

extension StaticString {
    /// Lives as long as the process: libcrypto keeps pointers to names.
    var cString: UnsafePointer<CChar> { UnsafeRawPointer(self.utf8Start).assumingMemoryBound(to: CChar.self) }
}
