#pragma once
// OpenSSL's libcrypto for Swift. The shims exist because Swift sees neither function-like macros nor the
// low-level SHA-256 API without deprecation warnings, and because a handful of calls with one outcome is
// easier to get right in one place. Every shim that can fail empties the thread's error queue, so that an
// old error is never taken for a new one.

// The low-level SHA-256 calls are deprecated in OpenSSL 3 in favour of EVP, which allocates and looks the
// digest up for each use: several times the price of hashing a short token. Their state is a plain struct
// that can be copied, which is what makes precomputed HMAC pads possible.
#define OPENSSL_SUPPRESS_DEPRECATED 1
#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/crypto.h>
#include <openssl/ec.h>
#include <openssl/ecdsa.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/sha.h>
#include <stddef.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>
#include <stdint.h>
#include <string.h>
#include <time.h>

enum {
    HONGBAO_SHA256_BYTES = 32,
    // A raw ES256 signature (r and s of 32 bytes each) and an Ed25519 one.
    HONGBAO_SIGNATURE_BYTES = 64,
    // SEQUENCE of two INTEGERs of at most 33 bytes.
    HONGBAO_ECDSA_DER_BYTES = 72,
};

// MARK: SHA-256 and HMAC (RFC 2104)

// Not `SHA256()`, which goes through EVP and looks the algorithm up each time.
static inline void hongbao_sha256(const void *bytes, size_t count, uint8_t *digest) {
    SHA256_CTX state;
    SHA256_Init(&state);
    if (count > 0) SHA256_Update(&state, bytes, count);
    SHA256_Final(digest, &state);
}

// SHA-256 after the block of the inner and of the outer pad.
typedef struct {
    SHA256_CTX inner;
    SHA256_CTX outer;
} hongbao_hmac_sha256;

static inline void hongbao_hmac_sha256_init(hongbao_hmac_sha256 *hmac, const void *key, size_t count) {
    uint8_t block[SHA256_CBLOCK];
    memset(block, 0, sizeof block);
    if (count > sizeof block) {
        hongbao_sha256(key, count, block);
    } else if (count > 0) {
        memcpy(block, key, count);
    }
    for (size_t i = 0; i < sizeof block; i++) block[i] ^= 0x36;
    SHA256_Init(&hmac->inner);
    SHA256_Update(&hmac->inner, block, sizeof block);
    for (size_t i = 0; i < sizeof block; i++) block[i] ^= 0x36 ^ 0x5c;
    SHA256_Init(&hmac->outer);
    SHA256_Update(&hmac->outer, block, sizeof block);
    OPENSSL_cleanse(block, sizeof block);
}

static inline void hongbao_hmac_sha256_update(hongbao_hmac_sha256 *hmac, const void *bytes, size_t count) {
    if (count > 0) SHA256_Update(&hmac->inner, bytes, count);
}

static inline void hongbao_hmac_sha256_final(hongbao_hmac_sha256 *hmac, uint8_t *tag) {
    SHA256_Final(tag, &hmac->inner);
    SHA256_Update(&hmac->outer, tag, HONGBAO_SHA256_BYTES);
    SHA256_Final(tag, &hmac->outer);
}

// 1 where `tag` is the beginning, of `tag_count` bytes (at most HONGBAO_SHA256_BYTES), of the tag of the bytes
// under the key that `pads` is made of; `pads` stays as it is. The comparison takes the same time wherever they
// differ.
static inline int hongbao_hmac_sha256_is_tag(
    const hongbao_hmac_sha256 *pads, const void *bytes, size_t count, const uint8_t *tag, size_t tag_count) {
    if (tag_count == 0 || tag_count > HONGBAO_SHA256_BYTES) return 0;
    hongbao_hmac_sha256 hmac = *pads;
    uint8_t expected[HONGBAO_SHA256_BYTES];
    hongbao_hmac_sha256_update(&hmac, bytes, count);
    hongbao_hmac_sha256_final(&hmac, expected);
    return CRYPTO_memcmp(expected, tag, tag_count) == 0;
}

// MARK: keys

// PEM may be encrypted; without this libcrypto would ask for the pass phrase on the terminal.
static inline int hongbao_no_pass_phrase(char *buffer, int size, int writing, void *context) {
    (void)buffer, (void)size, (void)writing, (void)context;
    return -1;
}

// A public key (`BEGIN PUBLIC KEY`) or, where `is_private`, a private one; NULL where it is neither.
static inline EVP_PKEY *hongbao_pkey_read_pem(const void *pem, size_t count, int is_private) {
    if (count > 65536) return NULL;
    BIO *bio = BIO_new_mem_buf(pem, (int)count);
    if (bio == NULL) return NULL;
    EVP_PKEY *key = is_private ? PEM_read_bio_PrivateKey(bio, NULL, hongbao_no_pass_phrase, NULL)
                               : PEM_read_bio_PUBKEY(bio, NULL, hongbao_no_pass_phrase, NULL);
    BIO_free(bio);
    ERR_clear_error();
    return key;
}

static inline int hongbao_pkey_is_p256(const EVP_PKEY *key) {
    char group[32];
    size_t length = 0;
    int known = EVP_PKEY_is_a(key, "EC") && EVP_PKEY_get_group_name(key, group, sizeof group, &length) == 1;
    ERR_clear_error();
    return known && strcmp(group, "prime256v1") == 0;
}

static inline int hongbao_pkey_is_ed25519(const EVP_PKEY *key) {
    return EVP_PKEY_is_a(key, "ED25519");
}

// MARK: certificates

// The first certificate of a PEM file; NULL where there is none. `X509_free` it.
static inline X509 *hongbao_x509_read_pem(const void *pem, size_t count) {
    if (count > 1048576) return NULL;
    BIO *bio = BIO_new_mem_buf(pem, (int)count);
    if (bio == NULL) return NULL;
    X509 *certificate = PEM_read_bio_X509(bio, NULL, hongbao_no_pass_phrase, NULL);
    BIO_free(bio);
    ERR_clear_error();
    return certificate;
}

// How many certificates a PEM file holds, up to the first that cannot be read.
static inline int hongbao_x509_count_pem(const void *pem, size_t count) {
    if (count > 1048576) return 0;
    BIO *bio = BIO_new_mem_buf(pem, (int)count);
    if (bio == NULL) return 0;
    int found = 0;
    X509 *certificate;
    while ((certificate = PEM_read_bio_X509(bio, NULL, hongbao_no_pass_phrase, NULL)) != NULL) {
        X509_free(certificate);
        found++;
    }
    BIO_free(bio);
    ERR_clear_error();
    return found;
}

// Unix seconds from which (`is_end` 0) and up to which (1) it is valid; -1 where it does not say.
static inline int64_t hongbao_x509_time(const X509 *certificate, int is_end) {
    struct tm moment;
    const ASN1_TIME *time = is_end ? X509_get0_notAfter(certificate) : X509_get0_notBefore(certificate);
    if (time == NULL || ASN1_TIME_to_tm(time, &moment) != 1) {
        ERR_clear_error();
        return -1;
    }
    return (int64_t)timegm(&moment);
}

// 1 where the private key is the certificate's.
static inline int hongbao_x509_is_of(const X509 *certificate, const EVP_PKEY *key) {
    int is_of = X509_check_private_key(certificate, key) == 1;
    ERR_clear_error();
    return is_of;
}

// MARK: signatures as JSON Web Signatures spell them (RFC 7518 §3.4: r || s; RFC 8037)

// r || s as the DER that libcrypto wants; the length, 0 on failure.
static inline size_t hongbao_ecdsa_der(const uint8_t *raw, uint8_t *der) {
    size_t length = 0;
    ECDSA_SIG *signature = ECDSA_SIG_new();
    BIGNUM *r = BN_bin2bn(raw, 32, NULL);
    BIGNUM *s = BN_bin2bn(raw + 32, 32, NULL);
    if (signature != NULL && r != NULL && s != NULL && ECDSA_SIG_set0(signature, r, s) == 1) {
        r = NULL;  // owned by the signature from here on
        s = NULL;
        if (i2d_ECDSA_SIG(signature, NULL) <= HONGBAO_ECDSA_DER_BYTES) {
            unsigned char *end = der;
            int written = i2d_ECDSA_SIG(signature, &end);
            length = written > 0 ? (size_t)written : 0;
        }
    }
    BN_free(r);
    BN_free(s);
    ECDSA_SIG_free(signature);
    return length;
}

// DER as r || s; 1 on success.
static inline int hongbao_ecdsa_raw(const uint8_t *der, size_t length, uint8_t *raw) {
    const unsigned char *start = der;
    ECDSA_SIG *signature = d2i_ECDSA_SIG(NULL, &start, (long)length);
    if (signature == NULL) return 0;
    int done = BN_bn2binpad(ECDSA_SIG_get0_r(signature), raw, 32) == 32
        && BN_bn2binpad(ECDSA_SIG_get0_s(signature), raw + 32, 32) == 32;
    ECDSA_SIG_free(signature);
    return done;
}

// 1 where `raw` (HONGBAO_SIGNATURE_BYTES) is the key's signature of the bytes, ES256 or Ed25519 after the
// key's type, which the caller has checked.
static inline int hongbao_verify(EVP_PKEY *key, const uint8_t *raw, const void *bytes, size_t count) {
    int is_ecdsa = !hongbao_pkey_is_ed25519(key);
    uint8_t der[HONGBAO_ECDSA_DER_BYTES];
    size_t length = is_ecdsa ? hongbao_ecdsa_der(raw, der) : HONGBAO_SIGNATURE_BYTES;
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    int good = context != NULL && length > 0
        && EVP_DigestVerifyInit(context, NULL, is_ecdsa ? EVP_sha256() : NULL, NULL, key) == 1
        && EVP_DigestVerify(context, is_ecdsa ? der : raw, length, (const unsigned char *)bytes, count) == 1;
    EVP_MD_CTX_free(context);
    ERR_clear_error();
    return good;
}

// Writes the signature of the bytes to `raw` (HONGBAO_SIGNATURE_BYTES); 1 on success.
static inline int hongbao_sign(EVP_PKEY *key, uint8_t *raw, const void *bytes, size_t count) {
    int is_ecdsa = !hongbao_pkey_is_ed25519(key);
    uint8_t signature[HONGBAO_ECDSA_DER_BYTES];
    size_t length = sizeof signature;
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    int good = context != NULL
        && EVP_DigestSignInit(context, NULL, is_ecdsa ? EVP_sha256() : NULL, NULL, key) == 1
        && EVP_DigestSign(context, signature, &length, (const unsigned char *)bytes, count) == 1;
    EVP_MD_CTX_free(context);
    if (good && is_ecdsa) {
        good = hongbao_ecdsa_raw(signature, length, raw);
    } else if (good) {
        good = length == HONGBAO_SIGNATURE_BYTES;
        if (good) memcpy(raw, signature, HONGBAO_SIGNATURE_BYTES);
    }
    ERR_clear_error();
    return good;
}
