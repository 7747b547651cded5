# Finds the libraries that fakemx uses and gives each a target. Which folder may link which is said in that folder.

set(THREADS_PREFER_PTHREAD_FLAG ON)
find_package(Threads REQUIRED)
find_package(PkgConfig REQUIRED)

# CONFIG: newer CMake versions no longer ship a FindBoost module.
find_package(Boost 1.81 CONFIG REQUIRED COMPONENTS json)
find_package(OpenSSL REQUIRED)
find_package(SQLite3 REQUIRED)
find_package(fmt REQUIRED)
find_package(spdlog REQUIRED)
find_package(CLI11 REQUIRED)

# Lua compiled as C++. With the C build an error raised by Lua jumps over C++ destructors; CMake's own FindLua picks
# that build, so pkg-config is asked instead.
pkg_check_modules(LUA_CXX REQUIRED IMPORTED_TARGET lua5.4-c++)

# Asio is compiled once, in net/asio_impl.cpp; every other user sees declarations only.
add_library(fakemx_asio INTERFACE)
target_compile_definitions(fakemx_asio INTERFACE BOOST_ASIO_SEPARATE_COMPILATION BOOST_ASIO_NO_DEPRECATED
                                                 BOOST_ASIO_NO_TS_EXECUTORS)
target_link_libraries(fakemx_asio INTERFACE Boost::headers Threads::Threads)

if(FAKEMX_TESTS)
    # Catch2 2 and 3 both do: tests/support/catch.h hides the difference.
    find_package(Catch2 REQUIRED)
endif()
