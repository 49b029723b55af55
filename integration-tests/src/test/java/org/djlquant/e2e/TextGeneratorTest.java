package org.djlquant.e2e;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import ai.djl.inference.Predictor;
import ai.djl.modality.nlp.generate.CausalLMOutput;
import ai.djl.modality.nlp.generate.SearchConfig;
import ai.djl.modality.nlp.generate.TextGenerator;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.repository.zoo.Criteria;
import ai.djl.repository.zoo.ZooModel;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;
import org.djlquant.engine.CausalLMTranslator;
import org.djlquant.engine.QuantModel;
import org.djlquant.generate.GenerationConfig;
import org.djlquant.generate.Generator;
import org.djlquant.generate.Request;
import org.djlquant.model.Batch;
import org.djlquant.model.CausalLM;
import org.djlquant.model.Sequence;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** DJL's TextGenerator on our models, against the same searches on the model itself. */
class TextGeneratorTest {
    private static final int NEW_TOKENS = 12;
    private static final long PAD = 2;

    private static ZooModel<NDList, CausalLMOutput> load(String name) throws Exception {
        return Criteria.builder()
                .setTypes(NDList.class, CausalLMOutput.class)
                .optModelPath(GoldenModels.checkpoint(name))
                .optEngine("Quant")
                .optTranslator(new CausalLMTranslator())
                .build()
                .loadModel();
    }

    private static long[][] search(ZooModel<NDList, CausalLMOutput> model, String how, SearchConfig config, long[]... prompts)
            throws Exception {
        config.setMaxSeqLength(prompts[0].length + NEW_TOKENS);
        config.setPadTokenId(PAD);
        try (Predictor<NDList, CausalLMOutput> predictor = model.newPredictor();
                NDManager manager = model.getNDManager().newSubManager()) {
            NDArray found = new TextGenerator(predictor, how, config).generate(manager.create(prompts));
            long[] flat = found.toLongArray();
            int length = (int) found.getShape().get(1);
            long[][] rows = new long[(int) found.getShape().get(0)][];
            Arrays.setAll(rows, r -> Arrays.copyOfRange(flat, r * length, (r + 1) * length));
            return rows;
        }
    }

    private static CausalLM causalLM(ZooModel<?, ?> model) {
        return ((QuantModel) model.getWrappedModel()).causalLM();
    }

    private static long[] prompt(String name, int tokens) {
        return Arrays.stream(GoldenModels.reference(name).prompt()).limit(tokens).asLongStream().toArray();
    }

    private static int[] greedy(CausalLM model, long[] prompt) {
        GenerationConfig config = GenerationConfig.greedy(NEW_TOKENS);
        return Generator.generate(model, new Request(ints(prompt), config)).tokens();
    }

    private static int[] ints(long[] values) {
        return Arrays.stream(values).mapToInt(v -> (int) v).toArray();
    }

    /** The last NEW_TOKENS of a row. */
    private static int[] answer(long[] row) {
        return ints(Arrays.copyOfRange(row, row.length - NEW_TOKENS, row.length));
    }

    @ParameterizedTest
    @ValueSource(strings = {"gguf-mistral-f32", "mistral-f32-window", "llama-f16-mqa-tied-linear", "gguf-llama-q4_0"})
    void greedySearchEqualsOurs(String name) throws Exception {
        try (ZooModel<NDList, CausalLMOutput> model = load(name)) {
            long[] all = prompt(name, 1000);
            int[] found = answer(search(model, "greedy", new SearchConfig(), all)[0]);
            assertArrayEquals(greedy(causalLM(model), all), found);
            assertArrayEquals(Arrays.copyOf(GoldenModels.reference(name).greedy(), NEW_TOKENS), found);
        }
    }

    @Test
    void paddedPromptsOfABatchGiveTheAnswersTheyGiveAlone() throws Exception {
        String name = "gguf-mistral-f32";
        try (ZooModel<NDList, CausalLMOutput> model = load(name)) {
            long[] shorter = prompt(name, 7);
            long[] longer = prompt(name, 10);
            long[] padded = new long[10];
            Arrays.fill(padded, 0, 3, PAD);
            System.arraycopy(shorter, 0, padded, 3, 7);
            long[][] found = search(model, "greedy", new SearchConfig(), padded, longer);
            assertArrayEquals(greedy(causalLM(model), shorter), answer(found[0]));
            assertArrayEquals(greedy(causalLM(model), longer), answer(found[1]));
        }
    }

    @Test
    void beamSearchEqualsTheSameSearchOnSequences() throws Exception {
        String name = "gguf-mistral-f32";
        try (ZooModel<NDList, CausalLMOutput> model = load(name)) {
            long[] prompt = prompt(name, 9);
            SearchConfig config = new SearchConfig();
            config.setBeam(3);
            long[][] found = search(model, "beam", config, prompt);
            // DJL leaves the beams in no particular order
            assertEquals(
                    beams(causalLM(model), ints(prompt), 3).stream().map(b -> Arrays.toString(b.tokens())).sorted().toList(),
                    Arrays.stream(found).map(row -> Arrays.toString(answer(row))).sorted().toList());
        }
    }

    private record Beam(int[] tokens, double probability) {}

    /** Beam search as TextGenerator defines it: k children of each beam, the best k of all, probabilities rescaled. */
    private static List<Beam> beams(CausalLM model, int[] prompt, int k) {
        List<Beam> beams = List.of(new Beam(new int[0], 1));
        for (int step = 0; step < NEW_TOKENS; step++) {
            List<Beam> children = new ArrayList<>();
            for (Beam beam : beams) {
                double[] p = softmax(run(model, concat(prompt, beam.tokens())).logits());
                best(p, k).forEach(t -> children.add(new Beam(concat(beam.tokens(), t), beam.probability() * p[t])));
            }
            children.sort(Comparator.comparingDouble(Beam::probability).reversed());
            List<Beam> kept = children.subList(0, k);
            double sum = kept.stream().mapToDouble(Beam::probability).sum();
            beams = kept.stream().map(b -> new Beam(b.tokens(), b.probability() / sum)).toList();
        }
        return beams;
    }

    @Test
    void contrastiveSearchEqualsTheSameSearchOnSequences() throws Exception {
        String name = "gguf-mistral-f32";
        try (ZooModel<NDList, CausalLMOutput> model = load(name)) {
            long[] prompt = prompt(name, 9);
            SearchConfig config = new SearchConfig();
            config.setK(4);
            config.setAlpha(0.6f);
            int[] found = answer(search(model, "contrastive", config, prompt)[0]);
            assertArrayEquals(contrastive(causalLM(model), ints(prompt), 4, 0.6), found);
        }
    }

    /** Each token maximizes (1 − α)·p − α·(largest cosine of its hidden state with the earlier ones). */
    private static int[] contrastive(CausalLM model, int[] prompt, int k, double alpha) {
        int[] tokens = prompt;
        for (int step = 0; step < NEW_TOKENS; step++) {
            double[] p = softmax(run(model, tokens).logits());
            int chosen = -1;
            double highest = Double.NEGATIVE_INFINITY;
            for (int candidate : best(p, k)) {
                float[][] hidden = run(model, concat(tokens, candidate)).hidden();
                double likest = IntStream.range(0, tokens.length)
                        .mapToDouble(i -> cosine(hidden[i], hidden[hidden.length - 1]))
                        .max()
                        .orElseThrow();
                double score = (1 - alpha) * p[candidate] - alpha * likest;
                if (score > highest) {
                    highest = score;
                    chosen = candidate;
                }
            }
            tokens = concat(tokens, chosen);
        }
        return Arrays.copyOfRange(tokens, prompt.length, tokens.length);
    }

    /** Logits of the last token and hidden states of all. */
    private record Pass(float[] logits, float[][] hidden) {}

    private static Pass run(CausalLM model, int[] tokens) {
        try (Sequence sequence = model.newSequence()) {
            Batch batch = new Batch();
            batch.add(sequence, tokens, 0, tokens.length, Batch.Logits.ALL);
            batch.wantHidden(tokens.length * model.hiddenSize());
            model.forward(batch);
            int v = model.vocabularySize();
            int h = model.hiddenSize();
            float[][] hidden = new float[tokens.length][];
            Arrays.setAll(hidden, i -> Arrays.copyOfRange(batch.hidden(), i * h, (i + 1) * h));
            return new Pass(Arrays.copyOfRange(batch.logits(), (tokens.length - 1) * v, tokens.length * v), hidden);
        }
    }

    private static double[] softmax(float[] logits) {
        double max = IntStream.range(0, logits.length).mapToDouble(i -> logits[i]).max().orElseThrow();
        double[] p = IntStream.range(0, logits.length).mapToDouble(i -> Math.exp(logits[i] - max)).toArray();
        double sum = Arrays.stream(p).sum();
        return Arrays.stream(p).map(x -> x / sum).toArray();
    }

    private static List<Integer> best(double[] p, int k) {
        return IntStream.range(0, p.length).boxed().sorted(Comparator.comparingDouble(i -> -p[i])).limit(k).toList();
    }

    private static double cosine(float[] a, float[] b) {
        double dot = 0;
        double aa = 0;
        double bb = 0;
        for (int i = 0; i < a.length; i++) {
            dot += a[i] * b[i];
            aa += a[i] * a[i];
            bb += b[i] * b[i];
        }
        return dot / Math.sqrt(aa * bb);
    }

    private static int[] concat(int[] a, int... b) {
        int[] both = Arrays.copyOf(a, a.length + b.length);
        System.arraycopy(b, 0, both, a.length, b.length);
        return both;
    }
}
