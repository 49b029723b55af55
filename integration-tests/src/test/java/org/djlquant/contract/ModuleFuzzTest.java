package org.djlquant.contract;

import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;

import com.google.gson.Gson;
import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.stream.Stream;
import org.djlquant.format.Checkpoint;
import org.djlquant.format.Checkpoints;
import org.djlquant.format.ModelFormatException;
import org.djlquant.format.TensorInfo;
import org.djlquant.format.UnsupportedModelException;
import org.djlquant.format.safetensors.SafetensorsType;
import org.djlquant.quant.GroupedRow;
import org.djlquant.quant.WeightMatrix;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Sound containers whose content contradicts itself: tensors renamed, retyped, reshaped, cut and
 * overwritten, settings changed (with a fixed seed). What opens must decode; what does not must be
 * refused by one of our two exceptions.
 */
class ModuleFuzzTest {
    private static final Path GOLDEN = Path.of("src/test/resources/golden/modules");
    private static final int MUTANTS = 80;
    private static final int QUANT_STATES = 200;
    private static final Gson GSON = new Gson();
    private static final String[] SETTINGS = {
        "0", "1", "-1", "2", "3", "5", "8", "32", "128", "1000000007", "9223372036854775807", "1.5", "true", "false",
        "\"gptq\"", "\"gptq_v2\"", "\"awq\"", "\"gemv\"", "\"bitsandbytes\"", "\"nf4\"", "\"x\"", "[]", "{}", "null"
    };

    @TempDir
    Path folder;

    private static final class Tensor {
        String name;
        SafetensorsType type;
        long[] shape;
        byte[] data;

        Tensor copy() {
            Tensor copy = new Tensor();
            copy.name = name;
            copy.type = type;
            copy.shape = shape.clone();
            copy.data = data.clone();
            return copy;
        }
    }

    static List<Path> folders() {
        try (Stream<Path> folders = Files.list(GOLDEN)) {
            return folders.sorted().toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @ParameterizedTest
    @MethodSource("folders")
    void contradictionsAreRefusedAndNothingElseFails(Path golden) throws IOException {
        Random random = new Random(golden.getFileName().toString().hashCode());
        int refused = 0;
        List<Tensor> sound = read(golden);
        String soundConfig = Files.readString(golden.resolve("config.json"));
        for (int i = 0; i < MUTANTS; i++) {
            List<Tensor> tensors = sound.stream().map(Tensor::copy).toList();
            JsonObject config = JsonParser.parseString(soundConfig).getAsJsonObject();
            String damage = random.nextInt(4) == 0 ? damageSettings(config, random) : damageTensors(tensors, random);
            Files.writeString(folder.resolve("config.json"), config.toString());
            write(tensors);
            try {
                useAll();
            } catch (ModelFormatException | UnsupportedModelException e) {
                refused++;
                assertTrue(e.getMessage().contains(folder.getFileName().toString()), e.getMessage());
            } catch (Throwable t) {
                fail("mutant " + i + " of " + golden.getFileName() + ", " + damage + ": " + t, t);
            }
        }
        assertTrue(refused > 0 && refused < MUTANTS, refused + " of " + MUTANTS + " refused");
    }

    /** The JSON in a tensor of its own, by which bitsandbytes says how 4-bit weights and their maxima are stored. */
    @ParameterizedTest
    @ValueSource(strings = {"bnb-nf4", "bnb-nf4-dq", "bnb-fp4-dq", "nf4-dq-across-rows"})
    void damagedQuantStatesAreRefusedOrUsed(String golden) throws IOException {
        Random random = new Random(golden.hashCode());
        List<Tensor> sound = read(GOLDEN.resolve(golden));
        Files.copy(GOLDEN.resolve(golden).resolve("config.json"), folder.resolve("config.json"));
        int refused = 0;
        for (int i = 0; i < QUANT_STATES; i++) {
            List<Tensor> tensors = sound.stream().map(Tensor::copy).toList();
            Tensor state = tensors.stream().filter(t -> t.name.contains("quant_state.bitsandbytes__")).findFirst().orElseThrow();
            String damaged = damageJson(new String(state.data, StandardCharsets.UTF_8), random);
            state.data = damaged.getBytes(StandardCharsets.ISO_8859_1); // what is not ASCII is not UTF-8 either
            state.shape = new long[] {state.data.length};
            write(tensors);
            try {
                useAll();
            } catch (ModelFormatException | UnsupportedModelException e) {
                refused++;
                assertTrue(e.getMessage().contains(folder.getFileName().toString()), e.getMessage());
            } catch (Throwable t) {
                fail("mutant " + i + " of " + golden + ", " + damaged + ": " + t, t);
            }
        }
        assertTrue(refused > QUANT_STATES / 4 && refused < QUANT_STATES, refused + " of " + QUANT_STATES + " refused");
    }

    /** Another value or none for a key, pieces of JSON or bytes anywhere, or an end too early. */
    private static String damageJson(String sound, Random random) {
        int at = random.nextInt(sound.length());
        String piece = SETTINGS[random.nextInt(SETTINGS.length)];
        JsonObject json = JsonParser.parseString(sound).getAsJsonObject();
        String key = List.copyOf(json.keySet()).get(random.nextInt(json.size()));
        switch (random.nextInt(6)) {
            case 0 -> json.remove(key);
            case 1 -> json.add(key, JsonParser.parseString(piece));
            case 2 -> {
                JsonArray values = new JsonArray();
                values.add(JsonParser.parseString(piece));
                values.add(JsonParser.parseString(SETTINGS[random.nextInt(SETTINGS.length)]));
                json.add("shape", values);
            }
            case 3 -> {
                return sound.substring(0, at);
            }
            case 4 -> {
                return sound.substring(0, at) + piece + sound.substring(Math.min(sound.length(), at + random.nextInt(4)));
            }
            default -> {
                return sound.substring(0, at) + (char) random.nextInt(256) + sound.substring(at + 1);
            }
        }
        return json.toString();
    }

    private static List<Tensor> read(Path golden) throws IOException {
        List<Tensor> tensors = new ArrayList<>();
        try (Checkpoint checkpoint = Checkpoints.open(golden)) {
            for (TensorInfo info : checkpoint.tensors().values()) {
                Tensor tensor = new Tensor();
                tensor.name = info.name();
                tensor.type = SafetensorsType.valueOf(info.type());
                tensor.shape = info.shape();
                tensor.data = Arrays.copyOfRange(
                        Files.readAllBytes(info.file()), (int) info.offset(), (int) (info.offset() + info.byteSize()));
                tensors.add(tensor);
            }
        }
        return tensors;
    }

    /** Unlike the product's writer, without forcing thousands of files to disk. */
    private void write(List<Tensor> tensors) throws IOException {
        JsonObject header = new JsonObject();
        ByteArrayOutputStream data = new ByteArrayOutputStream();
        for (Tensor tensor : tensors) {
            int begin = data.size();
            data.writeBytes(tensor.data);
            JsonObject description = new JsonObject();
            description.addProperty("dtype", tensor.type.name());
            description.add("shape", GSON.toJsonTree(tensor.shape));
            description.add("data_offsets", GSON.toJsonTree(new int[] {begin, data.size()}));
            header.add(tensor.name, description);
        }
        byte[] json = header.toString().getBytes(StandardCharsets.UTF_8);
        new Bytes().u64(json.length).raw(json).raw(data.toByteArray()).writeTo(folder.resolve("model.safetensors"));
    }

    private void useAll() {
        try (Checkpoint checkpoint = Checkpoints.open(folder)) {
            Set<String> modules = new LinkedHashSet<>();
            for (String name : checkpoint.tensors().keySet()) {
                for (int dot = name.indexOf('.'); dot >= 0; dot = name.indexOf('.', dot + 1)) {
                    modules.add(name.substring(0, dot));
                }
            }
            for (String module : modules) {
                if (!checkpoint.hasMatrix(module)) {
                    continue;
                }
                WeightMatrix matrix = checkpoint.matrix(module);
                GroupedRow grouped = matrix.form() == null ? null : new GroupedRow(matrix.form(), matrix.cols());
                for (int row : new int[] {0, matrix.rows() - 1}) {
                    matrix.decodeRow(row, new float[matrix.cols()], 0);
                    if (grouped != null) {
                        matrix.unpackRow(row, grouped);
                    }
                }
            }
        }
    }

    private static String damageSettings(JsonObject config, Random random) {
        JsonElement nested = config.get("quantization_config");
        JsonObject settings = nested == null ? config : nested.getAsJsonObject();
        List<String> keys = new ArrayList<>(settings.keySet());
        if (keys.isEmpty()) {
            keys.add("quant_method");
        }
        String key = keys.get(random.nextInt(keys.size()));
        String value = SETTINGS[random.nextInt(SETTINGS.length)];
        settings.add(key, JsonParser.parseString(value));
        return key + " = " + value;
    }

    private static String damageTensors(List<Tensor> tensors, Random random) {
        Tensor tensor = tensors.get(random.nextInt(tensors.size()));
        String before = tensor.name + " " + tensor.type + " " + Arrays.toString(tensor.shape);
        switch (random.nextInt(7)) {
            case 0 -> tensor.name += "x";
            case 1 -> {
                Tensor other = tensors.get(random.nextInt(tensors.size()));
                String name = tensor.name;
                tensor.name = other.name;
                other.name = name;
            }
            case 2 -> {
                SafetensorsType[] same = Arrays.stream(SafetensorsType.values())
                        .filter(t -> t.bits() == tensor.type.bits())
                        .toArray(SafetensorsType[]::new);
                tensor.type = same[random.nextInt(same.length)];
            }
            case 3 -> {
                for (int i = 0, j = tensor.shape.length - 1; i < j; i++, j--) {
                    long size = tensor.shape[i];
                    tensor.shape[i] = tensor.shape[j];
                    tensor.shape[j] = size;
                }
            }
            case 4 -> tensor.shape = new long[] {Arrays.stream(tensor.shape).reduce(1, (a, b) -> a * b)};
            case 5 -> {
                int at = random.nextInt(Math.max(1, tensor.shape.length));
                if (tensor.shape.length > 0) {
                    tensor.shape[at] = random.nextInt((int) tensor.shape[at] + 2);
                    long bits = Arrays.stream(tensor.shape).reduce(tensor.type.bits(), (a, b) -> a * b);
                    tensor.data = Arrays.copyOf(tensor.data, (int) (bits / 8));
                }
            }
            default -> {
                for (int n = random.nextInt(8); n >= 0 && tensor.data.length > 0; n--) {
                    tensor.data[random.nextInt(tensor.data.length)] = (byte) random.nextInt();
                }
            }
        }
        return before + " became " + tensor.name + " " + tensor.type + " " + Arrays.toString(tensor.shape);
    }
}
