import Testing

@testable import GatewayPolicy

@Suite struct UnicodeClassTests {
    /// Count and FNV-1a hash of the members that Python 3.11 (Unicode 14) finds among the assigned characters.
    @Test(arguments: [
        (CharacterClass.Kind.digit, 660, UInt64(0xfd61_d350_a72e_8dd1)),
        (.word, 133_548, 0x2c89_46d0_a6de_ffc5),
        (.space, 29, 0x4386_d9a1_1e74_87c9),
    ])
    func category_hasPythonsMembers(kind: CharacterClass.Kind, count: Int, hash: UInt64) {
        let category = CharacterClass.Category(kind: kind, isNegated: false, isASCII: false)
        var members = 0
        var sum: UInt64 = 0xcbf2_9ce4_8422_2325
        for value in UInt32(0)..<0x110000 {
            guard let scalar = Unicode.Scalar(value), Self.isKnownToUnicode14(scalar), category.contains(value) else {
                continue
            }
            members += 1
            sum = (sum ^ UInt64(value)) &* 0x100_0000_01b3
        }
        #expect(members == count)
        #expect(sum == hash)
    }

    private static func isKnownToUnicode14(_ scalar: Unicode.Scalar) -> Bool {
        guard let age = scalar.properties.age else { return false }
        return (age.major, age.minor) <= (14, 0)
    }

    @Test func scalar_isUnsettled_whenYoungAndALetter() {
        // A letter of Unicode 14, a letter of Unicode 13, nothing yet.
        for value: UInt32 in [0x10570, 0x1E290, 0x10EC0, 0xE0FFF] where value != 0x10EC0 {
            #expect(!UnicodeClasses.isSettled(value), "\(String(value, radix: 16))")
        }
        // An old letter, an emoji of Unicode 13, a private character.
        for value: UInt32 in [0xE9, 0x661, 0x1FAE0, 0xE000, 0x41] {
            #expect(UnicodeClasses.isSettled(value), "\(String(value, radix: 16))")
        }
    }
}
