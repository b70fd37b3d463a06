# contracts/<service>/model.json (+ patch.json) -> generated/contracts/<service>.h and <service>.cc

set(CUMULET_GENERATOR ${CMAKE_SOURCE_DIR}/tools/generate_contract)
file(GLOB CUMULET_GENERATOR_PARTS CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/tools/contract/*.py)

# cumulet_generate(OUT model folder name): appends the generated .cc to OUT.
function(cumulet_generate out model name)
  set(header ${CMAKE_BINARY_DIR}/generated/contracts/${name}.h)
  set(source ${CMAKE_BINARY_DIR}/generated/contracts/${name}.cc)
  get_filename_component(folder ${model} DIRECTORY)
  set(patch)  # found again, and so a dependency, as soon as it is there: cumulet_contracts_layer watches for it
  if(EXISTS ${folder}/patch.json)
    set(patch ${folder}/patch.json)
  endif()
  add_custom_command(
    OUTPUT ${header} ${source}
    COMMAND /usr/bin/python3 ${CUMULET_GENERATOR} ${folder} ${CMAKE_BINARY_DIR}/generated/contracts
    DEPENDS ${model} ${patch} ${CUMULET_GENERATOR} ${CUMULET_GENERATOR_PARTS}
    VERBATIM)
  set(${out} ${${out}} ${source} PARENT_SCOPE)
endfunction()

function(cumulet_contracts_layer)
  file(GLOB models CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/contracts/*/model.json)
  file(GLOB patches CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/contracts/*/patch.json)
  set(generated)
  foreach(model ${models})
    get_filename_component(folder ${model} DIRECTORY)
    get_filename_component(name ${folder} NAME)
    string(REPLACE "-" "_" name ${name})
    cumulet_generate(generated ${model} ${name})
  endforeach()
  cumulet_layer(contracts LINK cumulet_runtime yaml-cpp PkgConfig::re2)
  target_sources(cumulet_contracts PRIVATE ${generated})
  add_custom_target(cumulet_generated DEPENDS ${generated})
endfunction()

# cumulet_vectors(target FILES...): generates and compiles into `target` the contracts of files of protocol cases
# (<direction>/<protocol>.json); each is included as "contracts/vectors_<protocol>_<direction>.h".
function(cumulet_vectors target)
  foreach(file ${ARGN})
    get_filename_component(protocol ${file} NAME_WE)
    get_filename_component(direction ${file} DIRECTORY)
    get_filename_component(direction ${direction} NAME)
    string(REPLACE "-" "_" name vectors_${protocol}_${direction})
    set(base ${CMAKE_BINARY_DIR}/generated/contracts/${name})
    add_custom_command(
      OUTPUT ${base}.h ${base}.cc
      COMMAND /usr/bin/python3 ${CUMULET_GENERATOR} --vectors ${file} ${CMAKE_BINARY_DIR}/generated/contracts
      DEPENDS ${file} ${CUMULET_GENERATOR} ${CUMULET_GENERATOR_PARTS}
      VERBATIM)
    target_sources(${target} PRIVATE ${base}.h ${base}.cc)
  endforeach()
endfunction()
