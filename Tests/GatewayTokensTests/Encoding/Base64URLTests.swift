import Testing

@testable import GatewayTokens

struct Base64URLTests {
    @Test(arguments: [
        ("", ""), ("Zg", "f"), ("Zm8", "fo"), ("Zm9v", "foo"), ("Zm9vYg", "foob"), ("Zm9vYmE", "fooba"),
        ("Zm9vYmFy", "foobar"),
    ])
    func text_isDecodedAndEncodedAgain_whenStrict(_ text: String, _ content: String) {
        #expect(Forge.decode(text) == Array(content.utf8))
        #expect(Base64URL.encode(Array(content.utf8)) == text)
    }

    @Test(arguments: [
        "Z", "Zm9vY", "Zg==", "Zm8=", "Zg=", "Zh", "Zm9", "Zm9vYh", "+/+/", "Zm 9", "Zm9\n", "Zm9v.", "Zé9v", "Zm9\0",
        "Z%67", "Zm9v=", "\tZm9v",
    ])
    func text_isRefused_whenItHasASecondSpelling(_ text: String) { #expect(Forge.decode(text) == nil) }

    @Test func everyByteAndLength_survivesARoundTrip() {
        for length in 0..<70 {
            let bytes = (0..<length).map { UInt8(truncatingIfNeeded: $0 * 37 + length) }
            #expect(Forge.decode(Base64URL.encode(bytes)) == bytes)
        }
        #expect(Forge.decode("-_-_") == [0xFB, 0xFF, 0xBF])
    }

    @Test func everyTailCharacter_isAcceptedOnlyInItsCanonicalForm() {
        let accepted = (0...255 as ClosedRange<UInt8>).filter { byte in
            let text: [UInt8] = [UInt8(ascii: "A"), byte]
            return Base64URL.decode(text.span.bytes, 0..<2) != nil
        }
        #expect(accepted == Array("AQgw".utf8))
    }
}
