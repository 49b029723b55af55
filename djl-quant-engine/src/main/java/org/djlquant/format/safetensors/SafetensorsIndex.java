package org.djlquant.format.safetensors;

import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import org.djlquant.format.ModelFormatException;
import org.djlquant.format.StrictJson;
import org.djlquant.format.TextFiles;

/**
 * {@code model.safetensors.index.json}: which shard holds which tensor.
 *
 * @param file the index
 * @param shards file name by tensor name
 */
record SafetensorsIndex(Path file, Map<String, String> shards) {

    /** Reads an index. */
    static SafetensorsIndex read(Path file) {
        String text = TextFiles.read(file.getParent(), file.getFileName().toString())
                .orElseThrow(() -> new ModelFormatException(file, "file", "does not exist"));
        Object map = StrictJson.object(file, text).get("weight_map");
        if (!(map instanceof Map<?, ?> entries) || entries.isEmpty()) {
            throw new ModelFormatException(
                    file, "key weight_map", "expected an object of file names, found " + StrictJson.describe(map));
        }
        Map<String, String> shards = new LinkedHashMap<>();
        entries.forEach((tensor, shard) -> {
            if (!(shard instanceof String name) || !isPlainName(name)) {
                throw new ModelFormatException(
                        file,
                        "key weight_map." + tensor,
                        "expected the name of a file in the same folder, found " + StrictJson.describe(shard));
            }
            shards.put((String) tensor, name);
        });
        return new SafetensorsIndex(file, shards);
    }

    private static boolean isPlainName(String name) {
        try {
            return !name.isEmpty() && !name.equals(".") && !name.equals("..") && !name.contains("\\")
                    && Path.of(name).equals(Path.of(name).getFileName());
        } catch (InvalidPathException e) {
            return false;
        }
    }
}
