import Testing

@testable import GatewayTokens

struct EdwardsCurveTests {
    @Test(arguments: EdwardsCurve.allCases)
    func smallestPoints_areRecognised_withEitherSign(_ curve: EdwardsCurve) {
        for y in [0, 1] as [UInt8] {
            var point = [y] + [UInt8](repeating: 0, count: curve.pointLength - 1)
            #expect(curve.isSmallOrder(point))
            point[curve.pointLength - 1] = 0x80
            #expect(curve.isSmallOrder(point))
        }
        #expect(!curve.isSmallOrder([3] + [UInt8](repeating: 0, count: curve.pointLength - 1)))
    }

    @Test func ed25519_knowsPMinusOneUpToPPlusOne() {
        let ones = [UInt8](repeating: 0xFF, count: 30)
        for first in [0xEC, 0xED, 0xEE] as [UInt8] {
            #expect(EdwardsCurve.ed25519.isSmallOrder([first] + ones + [0x7F]))
            #expect(EdwardsCurve.ed25519.isSmallOrder([first] + ones + [0xFF]))
        }
        #expect(!EdwardsCurve.ed25519.isSmallOrder([0xEB] + ones + [0x7F]))
    }

    @Test func point_isOnTheCurve_whenAnXBelongsToItsY() throws {
        for (name, curve) in [("ed25519", EdwardsCurve.ed25519), ("ed448", .ed448)] {
            let key = try #require(ForeignFixtures.all.keys[name])
            let x = try #require(
                key.jwk.split(separator: "\"").first { $0.utf8.count == (curve.pointLength * 4 + 2) / 3 })
            var point = try #require(Forge.decode(String(x)))
            #expect(curve.contains(point))
            // The sign of x is free.
            point[point.count - 1] ^= 0x80
            #expect(curve.contains(point))
            // About half of all numbers are the y of a point.
            var count = 0
            for _ in 0..<200 {
                point[1] &+= 1
                if curve.contains(point) { count += 1 }
            }
            #expect(60...140 ~= count)
            // Not below the prime.
            #expect(!curve.contains([0xEE] + [UInt8](repeating: 0xFF, count: curve.pointLength - 2) + [0x7F]))
            #expect(!curve.contains([]))
        }
    }
}
