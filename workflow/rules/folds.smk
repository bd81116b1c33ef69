# Cross-validation, where `folds` in params.yaml says which recordings of the data set D stay together (docs/folds.md).
#
# The name D/folds/K is the data set with the splits of fold K: the rules of the other files cut its windows, train and
# detect and measure with it, under data/D/folds/K and results/D/folds/K, as they do with the published splits under data/D.
# The name D/folds/all is all folds together: each recording once, detected in by a network that did not see its group.
# Only what differs stands here. In: what is fetched for D; detections of each fold. Out:
#   data/D/folds/K/annotations, features           of all splits; features are standardised on the fold's own training
#   data/D/folds/all/annotations/SPLIT.json        the recordings of that split of all folds: test, or validation
#   results/D/folds/all/detections/V/seedN.json    the folds' detections; from here on it is measured and shown as usual
#   results/D/folds/all/studies/detections         the same of the runs that only studies need
#   results/D/folds/all/folds.csv, .md             one table of all variants, fold by fold and of all together


ruleorder: pool_detections > suppress_duplicates
ruleorder: pool_study_detections > suppress_study_duplicates


rule compute_fold_features:
    input:
        manifests=of_raw_data("data/{dataset}/raw/{name}.json", name=RAW_MANIFESTS),
        files=ancient(of_raw_data(asked.raw_files(experiment))),
        extracted=of_all_films("data/{dataset}/extracted/{video}.json"),
        arrays_of_films=ancient(of_all_films("data/{dataset}/extracted/{video}.npy")),
        sources=source_files("features"),
    output:
        annotations=expand("data/{{dataset}}/annotations/{split}.json", split=SUBSETS),
        arrays=expand("data/{{dataset}}/features/{split}.npy", split=SUBSETS),
        manifests=expand("data/{{dataset}}/features/{split}.json", split=SUBSETS),
    log:
        "logs/{dataset}/features.txt",
    benchmark:
        "logs/{dataset}/benchmarks/features.tsv"
    wildcard_constraints:
        dataset=folds.pattern_of_one,
    conda:
        "../envs/react-tad.yaml"
    threads: 1
    resources:
        mem_mb=4000,
        runtime=60,
        places=places(),
    params:
        cfg=parameters("features"),
    shell:
        "react-tad features --cfg {params.cfg} --places {resources.places:q} --raw $(dirname {input.manifests[0]})"
        " --annotations $(dirname {output.annotations[0]}) --features $(dirname {output.manifests[0]}) > {log} 2>&1"


rule pool_annotations:
    input:
        annotations=of_each_fold("data/{dataset}/annotations/{split}.json"),
        sources=source_files("pool"),
    output:
        annotations=f"data/{folds.pooled}/annotations/{{split}}.json",
    log:
        f"logs/{folds.pooled}/pool_{{split}}.txt",
    benchmark:
        f"logs/{folds.pooled}/benchmarks/pool_{{split}}.tsv"
    conda:
        "../envs/react-tad.yaml"
    threads: 1
    resources:
        mem_mb=1000,
        runtime=10,
    shell:
        "react-tad pool --annotations {input.annotations} --out {output.annotations} > {log} 2>&1"


rule pool_detections:
    input:
        detections=of_each_fold(
            "results/{dataset}/detections/{variant}/seed{seed}.json"
        ),
        sources=source_files("pool"),
    output:
        detections=f"results/{folds.pooled}/detections/{{variant}}/seed{{seed}}.json",
    log:
        f"logs/{folds.pooled}/pool/{{variant}}_seed{{seed}}.txt",
    benchmark:
        f"logs/{folds.pooled}/benchmarks/pool/{{variant}}_seed{{seed}}.tsv"
    conda:
        "../envs/react-tad.yaml"
    threads: 1
    resources:
        mem_mb=2000,
        runtime=10,
    shell:
        "react-tad pool --detections {input.detections} --out {output.detections} > {log} 2>&1"


use rule pool_detections as pool_study_detections with:
    input:
        detections=of_each_fold(
            "results/{dataset}/studies/detections/{variant}/seed{seed}.json"
        ),
        sources=source_files("pool"),
    output:
        detections=f"results/{folds.pooled}/studies/detections/{{variant}}/seed{{seed}}.json",


rule summarize_folds:
    input:
        metrics=of_folds_and_all(
            "results/{dataset}/metrics/{variant}/seed{seed}.json",
            variant=experiment.main,
            seed=experiment.seeds,
        ),
        sources=source_files("summarize"),
    output:
        table=f"results/{folds.pooled}/folds.csv",
        page=report(
            f"results/{folds.pooled}/folds.md",
            caption="../report/folds.rst",
            category="Summary",
        ),
    log:
        f"logs/{folds.pooled}/summarize_folds.txt",
    benchmark:
        f"logs/{folds.pooled}/benchmarks/summarize_folds.tsv"
    conda:
        "../envs/react-tad.yaml"
    threads: 1
    resources:
        mem_mb=1000,
        runtime=10,
    shell:
        "react-tad summarize --by-fold --metrics {input.metrics} --csv {output.table} --markdown {output.page}"
        " > {log} 2>&1"
