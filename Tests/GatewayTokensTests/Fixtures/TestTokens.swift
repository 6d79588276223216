/// Tokens made by PyJWT 2.15.1 with the private halves of `TestKeys`. Unless a comment says otherwise their payload is
/// `{"token_type":"access","exp":1800000000,"iat":1700000000,"jti":"0123456789abcdef0123456789abcdef","user_id":"7"}`.
enum TestTokens {
    /// HS256.
    static let hs256 = """
        eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJ0b2tlbl90eXBlIjoiYWNjZXNzIiwiZXhwIjoxODAwMDAwMDAwLCJpYXQiOjE\
        3MDAwMDAwMDAsImp0aSI6IjAxMjM0NTY3ODlhYmNkZWYwMTIzNDU2Nzg5YWJjZGVmIiwidXNlcl9pZCI6IjcifQ._1DGMwv5zOV8\
        _izCa-mD_CVObxJCTcg_6lRUkd0VxLU
        """

    /// HS384.
    static let hs384 = """
        eyJhbGciOiJIUzM4NCIsInR5cCI6IkpXVCJ9.eyJ0b2tlbl90eXBlIjoiYWNjZXNzIiwiZXhwIjoxODAwMDAwMDAwLCJpYXQiOjE\
        3MDAwMDAwMDAsImp0aSI6IjAxMjM0NTY3ODlhYmNkZWYwMTIzNDU2Nzg5YWJjZGVmIiwidXNlcl9pZCI6IjcifQ.BQ7dOpAoNRP0\
        LthcH37GjtDDHh58sgRrr-hwJ42rDa4a5SUqELiGoATwDAbd7BMy
        """

    /// HS512.
    static let hs512 = """
        eyJhbGciOiJIUzUxMiIsInR5cCI6IkpXVCJ9.eyJ0b2tlbl90eXBlIjoiYWNjZXNzIiwiZXhwIjoxODAwMDAwMDAwLCJpYXQiOjE\
        3MDAwMDAwMDAsImp0aSI6IjAxMjM0NTY3ODlhYmNkZWYwMTIzNDU2Nzg5YWJjZGVmIiwidXNlcl9pZCI6IjcifQ.aJ2EUbBDBfQR\
        VVNwp82iiyPddpV5GaA-xempGSYnImink5imKGetooh_SSPX14KScyiyhEOV30kJJdCtRlY3nw
        """

    /// RS256.
    static let rs256 = """
        eyJhbGciOiJSUzI1NiIsInR5cCI6IkpXVCJ9.eyJ0b2tlbl90eXBlIjoiYWNjZXNzIiwiZXhwIjoxODAwMDAwMDAwLCJpYXQiOjE\
        3MDAwMDAwMDAsImp0aSI6IjAxMjM0NTY3ODlhYmNkZWYwMTIzNDU2Nzg5YWJjZGVmIiwidXNlcl9pZCI6IjcifQ.X7SBNG7RyGyp\
        FPBE_0C76V5U4_xP0hgz7eNAT0bPNNRUa8BIeqt4kW5LtVf_1Lhz_ykFNu6cJ-02qasayXqrNi2DmXh4lvUfd2ulRK7Uu8hT61uW\
        Z17m9GbMtUFRsVvdVXghBTl4X3QIjT2VEx2tQzzFK5I2fXNPAoactd0vJBzc2lBmBuhXGG-DyP2-1RXocZktMWE3tDGTMxr6mPUw\
        -q5eplTpvWdCbzJ6Qp2jQ_WBtSbDU5pVvRhe3IvbLwiwm02cY_t7KGvmjrr3z-bDqo9AIKdRgadVwIbKIUP-usu7poz6u1bJu3Kb\
        tFE__eHCuHqP7t8wKoLZyJBptqh02g
        """

    /// RS384.
    static let rs384 = """
        eyJhbGciOiJSUzM4NCIsInR5cCI6IkpXVCJ9.eyJ0b2tlbl90eXBlIjoiYWNjZXNzIiwiZXhwIjoxODAwMDAwMDAwLCJpYXQiOjE\
        3MDAwMDAwMDAsImp0aSI6IjAxMjM0NTY3ODlhYmNkZWYwMTIzNDU2Nzg5YWJjZGVmIiwidXNlcl9pZCI6IjcifQ.Tqbrk19Y8rQm\
        T_Q2Eo6CwnzewIERPsUbUG6XjgGLSNwgqUyZacNXi5SchSlN08jO5cdEUQEIG2aHRWbvQ4Rd-PexOIxQcX7nbhPoMg8kDjPItuxR\
        d24hPQkoMvuALY4bJZ6l7NLM0caK79iPzejLM6Twroz2tINtMfQ9IlT5NySWMUJICZfBX9i7WO7y-iieP0ERHMf0D21Dl3XuPX1_\
        N0a9kh-wwmrzlFC_jjzed7a-VfV-aFKdNo2VaPUhc6U1mz4vfQYDGYp4QcbI8C5Ruciaueh-4m9aZrDBFRLrz1JNhZhgi3A66akk\
        ByKCH6cLKhtUK8hmDLij2pN3g5Q4OQ
        """

    /// RS512.
    static let rs512 = """
        eyJhbGciOiJSUzUxMiIsInR5cCI6IkpXVCJ9.eyJ0b2tlbl90eXBlIjoiYWNjZXNzIiwiZXhwIjoxODAwMDAwMDAwLCJpYXQiOjE\
        3MDAwMDAwMDAsImp0aSI6IjAxMjM0NTY3ODlhYmNkZWYwMTIzNDU2Nzg5YWJjZGVmIiwidXNlcl9pZCI6IjcifQ.IbdesKdJgAwr\
        aw09UZ1_S_DcHDLWncRronB-Gf8Vkv2SFA8JyKOdegFXsZV3lUwETUipTXYEfhAtjBw5xlav9_op-FP0Y6GS8TIB8C6w63fR1UzQ\
        GBhcui7-I_-PZPhlRsqnVvyMGJcS0FIH8f7Qs65o8lVzmB9mUSYhuD0by5DDfIFf4EMI4iy75n0P-g69KwtqAbMt43nh3F0ZyYl5\
        9_Cnfo6vZs8WwooDRit44Z4Kltjyw1eK1LSEFHUAGndekniQC9CzbGF6XJruA-i7xuJOLSJos-P2PZepnfWjjvvSi3R3YJe4PqPM\
        g60f3uk2HXJ8X1RC2UfWZVsIBpvRVg
        """

    /// PS256.
    static let ps256 = """
        eyJhbGciOiJQUzI1NiIsInR5cCI6IkpXVCJ9.eyJ0b2tlbl90eXBlIjoiYWNjZXNzIiwiZXhwIjoxODAwMDAwMDAwLCJpYXQiOjE\
        3MDAwMDAwMDAsImp0aSI6IjAxMjM0NTY3ODlhYmNkZWYwMTIzNDU2Nzg5YWJjZGVmIiwidXNlcl9pZCI6IjcifQ.VvTx59P-fLg1\
        znDKHpViYqL8Oqt8TgofuEnkjblt3bKQ7CR1mV1fo3HPITi8J6mtSHZj49MfCFr64ZS9H3luBRYv30Zn0H6IIozKGCdPqtgKwByB\
        2cADauEKKiU3h46pY2it4ZpIxy5tznk1Oulf_3w0hWFp1ECcZxCJsrUforgckm9_l0L8iCyxsAOfUijcQrVGrqcpSEQGeo81TwHU\
        b7bEj_0nwYeC6qGqim62AsHSwIecojUavsQ9NDRIZ_nS4o93KMN12yjlS7k1d5dQZosZ_uatEaW5RW3FRb5rTLxUfSMMD8h5d4mQ\
        imHNi0uuq-rsSZ6PdskbpFZoeeyQHQ
        """

    /// PS384.
    static let ps384 = """
        eyJhbGciOiJQUzM4NCIsInR5cCI6IkpXVCJ9.eyJ0b2tlbl90eXBlIjoiYWNjZXNzIiwiZXhwIjoxODAwMDAwMDAwLCJpYXQiOjE\
        3MDAwMDAwMDAsImp0aSI6IjAxMjM0NTY3ODlhYmNkZWYwMTIzNDU2Nzg5YWJjZGVmIiwidXNlcl9pZCI6IjcifQ.tjJV7jH5zR4g\
        06y4ONvPpdjiArm5oL4mph4fOu7vAgPPPRxZ7yzQi2eNFQc57wJ1xArRv3atrswJmJS4Cl-F4COpTF0GYocgGQKyNsgZ9c_KxPcD\
        QrMw7owOyxbd5wIZ0j9P5NK_PEJpbgvLbqSeuM5RNTR8NfL5-nAWm5c97mfMpa5tPXRqTgxRDZgL0LtzgyPAAj0CIVwUP3R0oVsm\
        GV5UZYwVAeLJ8epoq7p2UZh1epbv50hNDmIwZ3fPlA5rcZRoN49g4h3D3cudQOrMTsEIyxIIuenRFnAr7Yl8J1W60pmtZRN6pWJh\
        UFAwp4ziZEGuAAulvud-RztI9vtaeg
        """

    /// PS512.
    static let ps512 = """
        eyJhbGciOiJQUzUxMiIsInR5cCI6IkpXVCJ9.eyJ0b2tlbl90eXBlIjoiYWNjZXNzIiwiZXhwIjoxODAwMDAwMDAwLCJpYXQiOjE\
        3MDAwMDAwMDAsImp0aSI6IjAxMjM0NTY3ODlhYmNkZWYwMTIzNDU2Nzg5YWJjZGVmIiwidXNlcl9pZCI6IjcifQ.Sr_VN9iRrVaP\
        MJJhAqwMwsOuDJs3tA92LRnQC536_YREC9JMbdYwH2dh8UL4E3K2JhU72EzwaGce5OQq4S7WKKRM6rvUjyELRZQlPRS0H8jrypxT\
        hMSVRnZgiPq-DtVlgXsEHI4XXCwmeM89JkZJvNaWk665M-G-Aly2RkgfTghl3VsdXMbMQHAT0dz5i7vmOkk0M9oCU6BjleaXirBr\
        Ll8li26VxublRtZ1LfpAAlLCH-CXtDJzPWArpqSwEokp_RQPEL7saI8_iA7HLWOo5rG8SxyRrxur_qDwWp3v1XhANr3X_gtliuIz\
        mMTGO2RjkNDNdpnCgexQFKJfEhN2Ig
        """

    /// ES256.
    static let es256 = """
        eyJhbGciOiJFUzI1NiIsInR5cCI6IkpXVCJ9.eyJ0b2tlbl90eXBlIjoiYWNjZXNzIiwiZXhwIjoxODAwMDAwMDAwLCJpYXQiOjE\
        3MDAwMDAwMDAsImp0aSI6IjAxMjM0NTY3ODlhYmNkZWYwMTIzNDU2Nzg5YWJjZGVmIiwidXNlcl9pZCI6IjcifQ.6e-SY9vkYYiL\
        x3UDZQcN2FS9zeD1EKtKcPc1efav_P3T6zqQQCokBhP17ZcAP3kEZQZIt4rZstZVnyF37B8Pgw
        """

    /// ES256K.
    static let es256k = """
        eyJhbGciOiJFUzI1NksiLCJ0eXAiOiJKV1QifQ.eyJ0b2tlbl90eXBlIjoiYWNjZXNzIiwiZXhwIjoxODAwMDAwMDAwLCJpYXQiO\
        jE3MDAwMDAwMDAsImp0aSI6IjAxMjM0NTY3ODlhYmNkZWYwMTIzNDU2Nzg5YWJjZGVmIiwidXNlcl9pZCI6IjcifQ.7G-KDsfiz_\
        LFTzOJ6ycxn90llfpCzGMLRFY07S7GHay1e89LPM8DRsNIOwkUuHSiW22ANKfLhcznSELPwAcg6A
        """

    /// ES384.
    static let es384 = """
        eyJhbGciOiJFUzM4NCIsInR5cCI6IkpXVCJ9.eyJ0b2tlbl90eXBlIjoiYWNjZXNzIiwiZXhwIjoxODAwMDAwMDAwLCJpYXQiOjE\
        3MDAwMDAwMDAsImp0aSI6IjAxMjM0NTY3ODlhYmNkZWYwMTIzNDU2Nzg5YWJjZGVmIiwidXNlcl9pZCI6IjcifQ.h6AOBM9A1sxx\
        xLARyJdCJOYdyycl81eYnlOOiH4DdvbE6XHeTIvThIU9PNNdZtiCBB1tZQ3GsCua8NCsPkifBMjtxkIT309ARKeEDvmhjY8t3naL\
        nupiC9QgeZdtNYcM
        """

    /// ES512.
    static let es512 = """
        eyJhbGciOiJFUzUxMiIsInR5cCI6IkpXVCJ9.eyJ0b2tlbl90eXBlIjoiYWNjZXNzIiwiZXhwIjoxODAwMDAwMDAwLCJpYXQiOjE\
        3MDAwMDAwMDAsImp0aSI6IjAxMjM0NTY3ODlhYmNkZWYwMTIzNDU2Nzg5YWJjZGVmIiwidXNlcl9pZCI6IjcifQ.AQ0Rp8yBLV6A\
        is-FxSaV4G9Y6u6dtIa2QfUYdCMfZMEJx4lNm48IThxEFGabMmj_5exqiR1GzmPzF-JbN2XbDJO-ADV549YCX8131CLFRAPGmhjn\
        c2kLTGmqPSiVeNf1ACFqMiVYMb6yQ2nqJAppj_zIqyB1z9zr0tza8JZpSESAi7lf
        """

    /// EdDSA.
    static let ed25519 = """
        eyJhbGciOiJFZERTQSIsInR5cCI6IkpXVCJ9.eyJ0b2tlbl90eXBlIjoiYWNjZXNzIiwiZXhwIjoxODAwMDAwMDAwLCJpYXQiOjE\
        3MDAwMDAwMDAsImp0aSI6IjAxMjM0NTY3ODlhYmNkZWYwMTIzNDU2Nzg5YWJjZGVmIiwidXNlcl9pZCI6IjcifQ.VTs1nR9r8viZ\
        IhVpoGoMmNYeUIdEkJXm10Ow74r9rAOi-lozxueysiHcqQdlHSNsmAdCaxybMsy7tNEOyoISCg
        """

    /// EdDSA with Ed448.
    static let ed448 = """
        eyJhbGciOiJFZERTQSIsInR5cCI6IkpXVCJ9.eyJ0b2tlbl90eXBlIjoiYWNjZXNzIiwiZXhwIjoxODAwMDAwMDAwLCJpYXQiOjE\
        3MDAwMDAwMDAsImp0aSI6IjAxMjM0NTY3ODlhYmNkZWYwMTIzNDU2Nzg5YWJjZGVmIiwidXNlcl9pZCI6IjcifQ.07blgMAeqjoV\
        QZG4t-fZFRa2suKW7En_POgOoPLvLlP2WG_rVmG7K9mWlXr0aCGlC-lwIctliaeAim2mTm4ecRloV_lG9jho19PI598tXU4O5zjl\
        VsNOyV8zYnoBbRQVUeyXDk0ibpwnEi_0-S40JwcA
        """

    /// `es256` with s replaced by n − s: just as valid.
    static let es256Twin = """
        eyJhbGciOiJFUzI1NiIsInR5cCI6IkpXVCJ9.eyJ0b2tlbl90eXBlIjoiYWNjZXNzIiwiZXhwIjoxODAwMDAwMDAwLCJpYXQiOjE\
        3MDAwMDAwMDAsImp0aSI6IjAxMjM0NTY3ODlhYmNkZWYwMTIzNDU2Nzg5YWJjZGVmIiwidXNlcl9pZCI6IjcifQ.6e-SY9vkYYiL\
        x3UDZQcN2FS9zeD1EKtKcPc1efav_P0sFMVuv9Xb-uwKEmj_wIb7V-Cx9hw9666eGqlLEEQVzg
        """

    /// `es256` with its signature in DER.
    static let es256DER = """
        eyJhbGciOiJFUzI1NiIsInR5cCI6IkpXVCJ9.eyJ0b2tlbl90eXBlIjoiYWNjZXNzIiwiZXhwIjoxODAwMDAwMDAwLCJpYXQiOjE\
        3MDAwMDAwMDAsImp0aSI6IjAxMjM0NTY3ODlhYmNkZWYwMTIzNDU2Nzg5YWJjZGVmIiwidXNlcl9pZCI6IjcifQ.MEYCIQDp75Jj\
        2-RhiIvHdQNlBw3YVL3N4PUQq0pw9zV59q_8_QIhANPrOpBAKiQGE_XtlwA_eQRlBki3itmy1lWfIXfsHw-D
        """

    /// PS256 with a salt of 20 bytes.
    static let ps256Salt20 = """
        eyJhbGciOiJQUzI1NiIsInR5cCI6IkpXVCJ9.eyJ0b2tlbl90eXBlIjoiYWNjZXNzIiwiZXhwIjoxODAwMDAwMDAwLCJpYXQiOjE\
        3MDAwMDAwMDAsImp0aSI6IjAxMjM0NTY3ODlhYmNkZWYwMTIzNDU2Nzg5YWJjZGVmIiwidXNlcl9pZCI6IjcifQ.jKoCzfuohNz_\
        pMbYt_q172sNinjnGlr-vT2gsDMhdp6KdqilUYmvKyleOqknQxwJd7BB_7BR_2LHxu-h97bKw7GoeE5-ndRJ5OFHkmBXzWByIFLV\
        as4LfnZ0KlD4QV3daA8YMgW3C0TtJ6dq7nS0JqjuMa0ToRrzNlZROEoDzdgKKzwxRqThmdPh81mbFHHrmkyu1f_Z4hmJu8ZqTIFp\
        vY6B1a9fFT-DUuCvWhUVb618r_2ZwVavtaR1VWUck6k4-v6gf1Er1HKiPO3DtJMDbiBveE16KayLo0ZQya9YBZfCooMRz6OOXZUX\
        cJjiBMBMIezOwQ9Bh_B-svcki2twbA
        """

    /// PS256 without salt.
    static let ps256Salt0 = """
        eyJhbGciOiJQUzI1NiIsInR5cCI6IkpXVCJ9.eyJ0b2tlbl90eXBlIjoiYWNjZXNzIiwiZXhwIjoxODAwMDAwMDAwLCJpYXQiOjE\
        3MDAwMDAwMDAsImp0aSI6IjAxMjM0NTY3ODlhYmNkZWYwMTIzNDU2Nzg5YWJjZGVmIiwidXNlcl9pZCI6IjcifQ.iIJC3UJjm12v\
        JAwx-qUbuRws-z1S70bqu8YegsJjC_uOvvhiG51KICk5OnYJfKH-pMDsh1tyPDaOVtNjRYSaf6qSHDxp5rs83Cttv6uT5eSv6XND\
        5e2BsgIa-rjygI6zsPBLNIHYQ2yk-WP-JBtrJ1G0UfQGnArXmISUo0Ih4PKUiTojLzhn-d_HaO-bMmxC-ZPyVuX_2cqPKdUbadB6\
        5AmD5nNmyb5_TBJysOHHPG_KkxOWsOEuiBdZHPNJFaj1tR24zKgLnwEHO-AbIrBXK0xXpobVD8bLYCV1j72SQaAHaQRSFOKpTWuM\
        wRxXbvXsUlxw3xg4T9zX4unOpdMTDQ
        """

    /// PS256 with MGF1 over SHA-1.
    static let ps256SHA1Mask = """
        eyJhbGciOiJQUzI1NiIsInR5cCI6IkpXVCJ9.eyJ0b2tlbl90eXBlIjoiYWNjZXNzIiwiZXhwIjoxODAwMDAwMDAwLCJpYXQiOjE\
        3MDAwMDAwMDAsImp0aSI6IjAxMjM0NTY3ODlhYmNkZWYwMTIzNDU2Nzg5YWJjZGVmIiwidXNlcl9pZCI6IjcifQ.h63iHSsvomXA\
        SWt0jRcylnKQ7LlP-RnzfAhSvYkPs7AyXv35Z1mIRXw5lCE6X7zG6zw1OAfo2psVgzSrtrPDQ8ds0ooKy5B6RHxUvuX4UhHwuP-l\
        sFZZUFQrXOqSsTS5yKY3jFPr0DRGVA12XSYVPePGi7AY7Z0uzGjEuQN5-EnoHt6MwQjjQEb6He8Yf6LTLqNAOAkkjeQy6-gJtMP3\
        tCx0QxwjFxVQTRaLnltZamv0P8cPzbVPO5xmHLKjMVIvba3lRSQOKMCTXf3Dit9HTN8fuKYbyhXZ0Q9VKgYF7Idwol4kqgvNtT_8\
        0Z8c9bXM25IdnLJWS7u8kxvn9jynvQ
        """

    /// PS256 with a signature that begins with a zero byte, and its own `jti`.
    static let ps256LeadingZero = """
        eyJhbGciOiJQUzI1NiIsInR5cCI6IkpXVCJ9.eyJ0b2tlbl90eXBlIjoiYWNjZXNzIiwiZXhwIjoxODAwMDAwMDAwLCJpYXQiOjE\
        3MDAwMDAwMDAsImp0aSI6Inplcm8zMCIsInVzZXJfaWQiOiI3In0.ANHgNQTWbpepfxKc9lvj2fC3JejW5JQsCud6qbU1WScYStY\
        lvqNGLjpOv-cAVgJBTP71A1mgz6wH8rgQmvi0JRrUMl-zO74-45ERBZ0COiPCCRut2lW56Q-UlrgFENytf6RGGFmVEIn0UpCMYfe\
        DX1vaSjaeNBlnA5n0uVsbnEO1Ox2loDET2jmGmBe46Y60VcJ-Kr3Wqcm-aj222gO_bU4_PX2wueroMGt9ZdB9nvZVPCa8lTNUypE\
        bV9hffkBycLjM0a5tyfZmiB2G0YIuKLcVcNRevHLYcvRV1nsEWCoRklBggYX0GQnW8R_tgrxQr6Oub1Z3a__0-G59woVAvQ
        """

    /// The same without that byte.
    static let ps256Short = """
        eyJhbGciOiJQUzI1NiIsInR5cCI6IkpXVCJ9.eyJ0b2tlbl90eXBlIjoiYWNjZXNzIiwiZXhwIjoxODAwMDAwMDAwLCJpYXQiOjE\
        3MDAwMDAwMDAsImp0aSI6Inplcm8zMCIsInVzZXJfaWQiOiI3In0.0eA1BNZul6l_Epz2W-PZ8Lcl6NbklCwK53qptTVZJxhK1iW\
        -o0YuOk6_5wBWAkFM_vUDWaDPrAfyuBCa-LQlGtQyX7M7vj7jkREFnQI6I8IJG63aVbnpD5SWuAUQ3K1_pEYYWZUQifRSkIxh94N\
        fW9pKNp40GWcDmfS5WxucQ7U7HaWgMRPaOYaYF7jpjrRVwn4qvdapyb5qPbbaA79tTj89fbC56ugwa31l0H2e9lU8JryVM1TKkRt\
        X2F9-QHJwuMzRrm3J9maIHYbRgi4otxVw1F68cthy9FXWewRYKhGSUGCBhfQZCdbxH-2CvFCvo65vVndr__T4bn3ChUC9
        """

    /// RS256 with a signature that begins with a zero byte, and its own `jti`.
    static let rs256LeadingZero = """
        eyJhbGciOiJSUzI1NiIsInR5cCI6IkpXVCJ9.eyJ0b2tlbl90eXBlIjoiYWNjZXNzIiwiZXhwIjoxODAwMDAwMDAwLCJpYXQiOjE\
        3MDAwMDAwMDAsImp0aSI6Inplcm8yMzYiLCJ1c2VyX2lkIjoiNyJ9.AEYKAsd6614cvaL84ONscor_aQqd8cb0U1Vf5p6q0XDMuK\
        khZRcOvpAuy3AXzQrywo9ACPqY8OM64nLYN3TuyUz21NEwOybLs4j1UkVyAQpiNErcWmXjgCC4DvOzfsIkbDau3taMu2W6ZKeSbK\
        Ow4fuHoYZq5-QtwzqzFyJwFfO2YU7-WoXfHh6Afy4xb0MQa_o-GoAbIRmIY1yXgQnp2BoUknmG_DigFGw4XNAiV23DYSDDcRD9zg\
        WQzdJaHizD374HfqpVLi8liEocsNcXE8IAQUzLrf98nUmpOCJ16gSpQkdLUTGdKpdm1jpQ7Dom9NAW6Q3_bGAL8Oe6nYuP3g
        """

    /// The same without that byte.
    static let rs256Short = """
        eyJhbGciOiJSUzI1NiIsInR5cCI6IkpXVCJ9.eyJ0b2tlbl90eXBlIjoiYWNjZXNzIiwiZXhwIjoxODAwMDAwMDAwLCJpYXQiOjE\
        3MDAwMDAwMDAsImp0aSI6Inplcm8yMzYiLCJ1c2VyX2lkIjoiNyJ9.RgoCx3rrXhy9ovzg42xyiv9pCp3xxvRTVV_mnqrRcMy4qS\
        FlFw6-kC7LcBfNCvLCj0AI-pjw4zrictg3dO7JTPbU0TA7JsuziPVSRXIBCmI0StxaZeOAILgO87N-wiRsNq7e1oy7Zbpkp5Jso7\
        Dh-4ehhmrn5C3DOrMXInAV87ZhTv5ahd8eHoB_LjFvQxBr-j4agBshGYhjXJeBCenYGhSSeYb8OKAUbDhc0CJXbcNhIMNxEP3OBZ\
        DN0loeLMPfvgd-qlUuLyWIShyw1xcTwgBBTMut_3ydSak4InXqBKlCR0tRMZ0ql2bWOlDsOib00BbpDf9sYAvw57qdi4_e
        """

    /// HS256 keyed with the text of `TestKeys.rsa`.
    static let hs256WithPublicKey = """
        eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJ0b2tlbl90eXBlIjoiYWNjZXNzIiwiZXhwIjoxODAwMDAwMDAwLCJpYXQiOjE\
        3MDAwMDAwMDAsImp0aSI6IjAxMjM0NTY3ODlhYmNkZWYwMTIzNDU2Nzg5YWJjZGVmIiwidXNlcl9pZCI6IjcifQ.rCbQTb7D3sQo\
        KKRivJ7tOE4VrUDPKzYNNoKQi7IKdQQ
        """

    /// The same with a final line break.
    static let hs256WithPublicKeyLine = """
        eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJ0b2tlbl90eXBlIjoiYWNjZXNzIiwiZXhwIjoxODAwMDAwMDAwLCJpYXQiOjE\
        3MDAwMDAwMDAsImp0aSI6IjAxMjM0NTY3ODlhYmNkZWYwMTIzNDU2Nzg5YWJjZGVmIiwidXNlcl9pZCI6IjcifQ.OvVoQfsy4F6T\
        VqfDfYVZZNfwfgDBlQkivJw3O9drVzw
        """

    /// HS256 keyed with the DER form of `TestKeys.rsa`.
    static let hs256WithPublicKeyDER = """
        eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJ0b2tlbl90eXBlIjoiYWNjZXNzIiwiZXhwIjoxODAwMDAwMDAwLCJpYXQiOjE\
        3MDAwMDAwMDAsImp0aSI6IjAxMjM0NTY3ODlhYmNkZWYwMTIzNDU2Nzg5YWJjZGVmIiwidXNlcl9pZCI6IjcifQ.tONg1W5vm5iB\
        fpfJy34cl3K0JHnuwZ9-V-jJLuKrsTk
        """
}
