# The language standard, the warnings and the sanitizers, in one INTERFACE target that every room
# links PRIVATE.
option(CARREL_WERROR "Treat warnings as errors" OFF)
set(CARREL_SANITIZE "" CACHE STRING "Sanitizers for every target, e.g. address,undefined or thread")

if(NOT CMAKE_BUILD_TYPE)
  set(CMAKE_BUILD_TYPE RelWithDebInfo CACHE STRING "Build type" FORCE)
endif()

add_library(carrel_options INTERFACE)
add_library(carrel::options ALIAS carrel_options)
target_compile_features(carrel_options INTERFACE cxx_std_23)
target_compile_options(carrel_options INTERFACE -Wall -Wextra -Wconversion -Wshadow
                                                -Wnon-virtual-dtor)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
  # g++ 12 sees std::optional and nlohmann/json members as uninitialised that are not.
  target_compile_options(carrel_options INTERFACE -Wno-maybe-uninitialized)
endif()
target_include_directories(carrel_options INTERFACE ${PROJECT_SOURCE_DIR})
if(CARREL_WERROR)
  target_compile_options(carrel_options INTERFACE -Werror)
endif()
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
# Tables of functions are filled at the start and read-only from then on.
add_link_options(LINKER:-z,relro,-z,now)

# Every room is instrumented; tests/fuzz has the programs. Needs clang.
option(CARREL_FUZZ "Build the fuzz targets" OFF)
if(CARREL_FUZZ)
  add_compile_options(-fsanitize=fuzzer-no-link,address,undefined -fno-omit-frame-pointer
                      -fno-sanitize-recover=undefined)
  add_link_options(-fsanitize=address,undefined)
endif()

if(CARREL_SANITIZE)
  add_compile_options(-fsanitize=${CARREL_SANITIZE} -fno-omit-frame-pointer
                      -fno-sanitize-recover=undefined)
  add_link_options(-fsanitize=${CARREL_SANITIZE})
endif()
