// SHA-256 through OpenSSL's EVP interface.
#include "core/digest.h"

#include <array>

#include <fmt/format.h>
#include <openssl/evp.h>

#include "core/assert.h"

namespace fakemx {

struct Digest::State {
    EVP_MD_CTX* context = EVP_MD_CTX_new();

    State() = default;
    State(const State&) = delete;
    State& operator=(const State&) = delete;
    ~State() { EVP_MD_CTX_free(context); }
};

Digest::Digest() : state_(std::make_unique<State>()) {
    FAKEMX_ASSERT(state_->context != nullptr);
    FAKEMX_ASSERT(EVP_DigestInit_ex(state_->context, EVP_sha256(), nullptr) == 1);
}

Digest::~Digest() = default;
Digest::Digest(Digest&&) noexcept = default;
Digest& Digest::operator=(Digest&&) noexcept = default;

void Digest::update(std::string_view octets) {
    FAKEMX_ASSERT(EVP_DigestUpdate(state_->context, octets.data(), octets.size()) == 1);
}

std::string Digest::finish() {
    std::array<unsigned char, EVP_MAX_MD_SIZE> octets{};
    unsigned length = 0;
    FAKEMX_ASSERT(EVP_DigestFinal_ex(state_->context, octets.data(), &length) == 1);
    FAKEMX_ASSERT(length >= 16);
    std::string hex;
    hex.reserve(32);
    for (std::size_t i = 0; i < 16; ++i) hex += fmt::format("{:02x}", octets[i]);
    return hex;
}

}  // namespace fakemx
